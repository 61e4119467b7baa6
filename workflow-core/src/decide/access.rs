//! Who may do what.

use std::sync::Arc;

use super::{Decider, Step};
use crate::access::may_see;
use crate::command::Command;
use crate::compile::Compiled;
use crate::error::Rejection;
use crate::event::Actor;
use crate::model::Account;

impl Decider<'_> {
    /// Refuses what the actor may never do, whatever the record.
    pub(super) fn check_actor(&self, command: &Command) -> Step {
        let forbidden = |why: String| Err(Rejection::Forbidden(why).into());
        if matches!(command, Command::React(_)) && *self.actor != Actor::Automation {
            return forbidden("`react` is for the engine itself".to_owned());
        }
        match self.actor {
            Actor::System(_) | Actor::Automation => Ok(()),
            Actor::Client(_) => match command {
                Command::ReportItem { .. } => Ok(()),
                other => forbidden(format!("a client may report items and nothing else, not `{}`", other.name())),
            },
            Actor::Member(id) => {
                let Some(member) = self.catalog.member(*id) else {
                    return forbidden(format!("there is no member `{id}` in this firm"));
                };
                if !member.active {
                    return forbidden(format!("`{}` does not work here any more", member.name));
                }
                let sets_up = !command.is_bulkable() && !matches!(command, Command::Bulk { .. } | Command::React(_));
                if sets_up && !member.admin {
                    return forbidden(format!("`{}` is for admins, which `{}` is not", command.name(), member.name));
                }
                Ok(())
            }
        }
    }

    /// Refuses work on a pipeline that the actor has no access to.
    pub(super) fn check_access(&self, compiled: &Compiled, account: &Arc<Account>) -> Step {
        let member = match self.actor {
            Actor::Member(id) => self.catalog.member(*id),
            _ => None,
        };
        // Access is that of the newest version, also for a job that is pinned to an older one.
        let newest = self.catalog.newest(compiled.key()).map_or(compiled, |newest| newest);
        if may_see(&newest.definition().access, self.actor, member.map(|member| &**member), account) {
            return Ok(());
        }
        let why = format!("the pipeline `{}` is not open to you for this account", compiled.key());
        Err(Rejection::Forbidden(why).into())
    }
}
