//! The rule of access to a pipeline's jobs.

use crate::definition::Access;
use crate::event::Actor;
use crate::model::{Account, Member};

/// Whether an actor may see and work on the jobs of an account in a pipeline.
///
/// The host's system and the engine itself may; a client, those of its own account; an active
/// member, those of pipelines that are open to everyone, to them, or to a role they hold on the
/// account; an admin, all.
#[must_use]
pub fn may_see(access: &Access, actor: &Actor, member: Option<&Member>, account: &Account) -> bool {
    match actor {
        Actor::System(_) | Actor::Automation => true,
        Actor::Client(id) => *id == account.id,
        Actor::Member(id) => {
            let Some(member) = member.filter(|member| member.active) else { return false };
            if member.admin {
                return true;
            }
            match access {
                Access::Everyone => true,
                Access::Only { members, roles } => {
                    members.contains(id)
                        || roles.iter().any(|role| account.roles.holders(role).unwrap_or_default().contains(id))
                }
            }
        }
    }
}

/// Whether a member may see and work on a pipeline's jobs whatever the account: not by a role that
/// they hold on some.
#[must_use]
pub fn may_see_all(access: &Access, member: &Member) -> bool {
    let open = match access {
        Access::Everyone => true,
        Access::Only { members, .. } => members.contains(&member.id),
    };
    member.active && (member.admin || open)
}
