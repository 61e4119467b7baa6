//! A firm is carried from one store to another (`Engine::export_firm`, `Engine::import_firm`).

mod busy;
mod damage;
mod kit;
mod postgres;
mod round_trip;
