//! Assignments: members by name, and by the seats they hold on the account.

use std::collections::BTreeSet;

use super::{Decider, Step, check_limit};
use crate::command::AssignMode;
use crate::definition::Assignment;
use crate::error::Rejection;
use crate::id::{MemberId, RoleKey};
use crate::limits;
use crate::model::Account;

/// Who an assignment comes down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) members: BTreeSet<MemberId>,
    /// Those among them who are named, not only holders of a role.
    pub(super) named: BTreeSet<MemberId>,
    pub(super) roles: BTreeSet<RoleKey>,
    /// Roles that no working member holds.
    pub(super) unfilled: Vec<RoleKey>,
    /// Members that do not exist or do not work here any more.
    pub(super) unknown: Vec<MemberId>,
}

impl Resolved {
    /// Why it cannot be carried out in full, if it cannot.
    pub(super) fn trouble(&self) -> Option<String> {
        if let Some(role) = self.unfilled.first() {
            return Some(format!("nobody holds the role `{role}` on the account"));
        }
        self.unknown.first().map(|member| format!("`{member}` is not a working member of the firm"))
    }
}

impl Decider<'_> {
    pub(super) fn resolve(&self, who: &Assignment, account: Option<&Account>) -> Resolved {
        let works = |id: &MemberId| self.catalog.member(*id).is_some_and(|member| member.active);
        let mut resolved = Resolved { roles: who.roles.clone(), ..Resolved::default() };
        for member in &who.members {
            if works(member) {
                resolved.members.insert(*member);
                resolved.named.insert(*member);
            } else {
                resolved.unknown.push(*member);
            }
        }
        for role in &who.roles {
            let holders = account.and_then(|account| account.roles.holders(role));
            let before = resolved.members.len();
            let mut filled = false;
            for holder in holders.into_iter().flatten().filter(|holder| works(holder)) {
                resolved.members.insert(*holder);
                filled = true;
            }
            if !filled && resolved.members.len() == before {
                resolved.unfilled.push(role.clone());
            }
        }
        resolved
    }

    /// The same for a person's command, which is refused when somebody named cannot be found.
    pub(super) fn resolve_strictly(&self, who: &Assignment, account: Option<&Account>) -> Step<Resolved> {
        let resolved = self.resolve(who, account);
        if let Some(member) = resolved.unknown.first() {
            return Err(Rejection::not_found("working member", member).into());
        }
        if let Some(role) = resolved.unfilled.first() {
            let why = format!("nobody holds the role `{role}` on the account");
            return Err(Rejection::refused("role_unfilled", why).into());
        }
        Ok(resolved)
    }

    /// Assignees and roles after a change.
    pub(super) fn reassign(
        &self,
        mode: AssignMode,
        (members, roles): (&BTreeSet<MemberId>, &BTreeSet<RoleKey>),
        change: &Resolved,
    ) -> Step<(BTreeSet<MemberId>, BTreeSet<RoleKey>)> {
        let (members, roles) = match mode {
            AssignMode::Add => (members | &change.members, roles | &change.roles),
            AssignMode::Remove => (members - &change.members, roles - &change.roles),
            AssignMode::Replace => (change.members.clone(), change.roles.clone()),
        };
        check_limit("ASSIGNEES", limits::ASSIGNEES, members.len(), "the number of assignees")?;
        Ok((members, roles))
    }
}
