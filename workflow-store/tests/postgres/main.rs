//! The store in PostgreSQL, on a real server.

mod conforming;
mod hints;
mod kit;
mod lost;
mod open;
mod roles;
mod round_trips;
#[cfg(feature = "postgres-tls")]
mod tls;
mod together;
mod transaction;
mod views;
