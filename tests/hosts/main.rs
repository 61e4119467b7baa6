//! Many hosts on one PostgreSQL: processes that work on the same jobs, die, and lose their
//! connections and their server.
//!
//! The worker processes are this program again, told by environment variables what to do. They say on
//! their output what was acknowledged and delivered, each before what comes next.

mod definitions;
mod kit;
mod look;
mod partitions;
mod server;
mod start;
mod storm;
mod worker;

/// What the other tests run as processes of their own; nothing when it is run as a test.
#[test]
fn worker() {
    worker::work();
}
