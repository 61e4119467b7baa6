//! Examples and properties of recurrence.

mod refused;
mod rfc;
