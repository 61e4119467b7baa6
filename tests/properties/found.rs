//! Sequences that broke a law once.
