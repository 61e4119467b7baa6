//! Who may do what.

use std::sync::Arc;

use super::{Decider, Step, Stop};
use crate::access::may_see;
use crate::command::Command;
use crate::compile::Compiled;
use crate::error::Rejection;
use crate::event::Actor;
use crate::id::JobId;
use crate::model::{Account, Item};

impl Decider<'_> {
    /// Refuses what the actor may never do, whatever the record.
    pub(super) fn check_actor(&self, command: &Command) -> Step {
        let forbidden = |why: String| Err(Rejection::Forbidden(why).into());
        if command.is_internal() && *self.actor != Actor::Automation {
            return forbidden(format!("`{}` is for the engine itself", command.name()));
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
                let works = matches!(command, Command::Bulk { .. } | Command::React(_) | Command::Undo { .. });
                let sets_up = !command.is_bulkable() && !works;
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

    /// Refuses what touches a job that the actor has no access to, without bringing it into focus.
    pub(super) fn check_job_access(&mut self, id: JobId) -> Step {
        // Everybody else was judged by the command already.
        if !matches!(self.actor, Actor::Member(_)) {
            return Ok(());
        }
        let job = self.job(id)?;
        let (account, compiled) = (self.account(job.account), self.compiled(&job)?);
        self.check_access(&compiled, &account?)
    }

    /// The first of an item's jobs that the actor has access to. Refused when there are jobs, and
    /// none is open to the actor.
    pub(super) fn open_job_of(&mut self, item: &Item) -> Step<Option<JobId>> {
        let (mut refusal, mut missing) = (None, false);
        for job in &item.jobs {
            match self.check_job_access(*job) {
                Ok(()) => return Ok(Some(*job)),
                Err(Stop::Rejected(rejection)) => refusal = Some(rejection),
                // All that are missing are asked for before giving up, so that one load serves.
                Err(Stop::Missing) => missing = true,
            }
        }
        match refusal {
            _ if missing => Err(Stop::Missing),
            Some(rejection) => Err(rejection.into()),
            None => Ok(None),
        }
    }
}
