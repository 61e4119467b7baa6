//! The command that seals the log.

use std::sync::Arc;

use super::{Decider, Need, Step};
use crate::event::Event;

impl Decider<'_> {
    pub(super) fn seal_log(&mut self) -> Step {
        match self.state.next_seal.clone() {
            None => return self.need(Need::Seal),
            Some(Some(seal)) => drop(self.emit(Event::LogSealed(Arc::clone(&seal)))),
            Some(None) => self.unchanged = Some("nothing has happened since the log was sealed last".to_owned()),
        }
        Ok(())
    }
}
