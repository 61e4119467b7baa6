//! core
pub mod definition;
pub mod error;
pub mod id;
pub mod limits;
pub mod model;
