//! What the host brings in Python: clocks, notifiers, stores.

mod clock;
mod keyspace;
mod notifier;

pub(crate) use clock::{HostClock, ManualClock, clock_of};
pub(crate) use keyspace::store_of;
pub(crate) use notifier::HostNotifier;
