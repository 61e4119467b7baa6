//! Hostile documents: each gets a clear error in bounded time and memory, and changes nothing.

mod bounds;
mod definitions;
mod fields;
mod kit;
mod text;
