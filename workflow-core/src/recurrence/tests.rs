//! Examples and properties of recurrence.

mod laws;
mod periods;
mod refused;
mod rfc;
mod schedules;
mod zones;
