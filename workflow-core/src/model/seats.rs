//! Who holds which role on an account.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{MemberId, RoleKey};

/// The roles on an account and their holders, in the order of their keys.
///
/// Written as a map of role to members. Kept in two rows side by side: a firm has many accounts with two or three
/// roles each, and nearly every command on a job reads those of its account.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use workflow_core::id::{MemberId, RoleKey};
/// use workflow_core::model::Seats;
///
/// let (preparer, reviewer): (RoleKey, RoleKey) = ("preparer".parse()?, "reviewer".parse()?);
/// let ann: MemberId = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let seats = Seats::from(&BTreeMap::from([(preparer.clone(), BTreeSet::from([ann]))]));
/// assert_eq!(seats.holders(&preparer), Some(&[ann][..]));
/// assert_eq!(seats.holders(&reviewer), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seats {
    /// Each role, and where its holders end among all of them.
    roles: Box<[(RoleKey, usize)]>,
    /// The holders of the first role, of the second, and so on.
    members: Box<[MemberId]>,
}

impl Seats {
    /// Whether no role is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// Who holds a role, in the order of their identifiers. Nothing when the account does not name the role;
    /// nobody when it names it without a holder.
    #[must_use]
    pub fn holders<R: Borrow<str> + ?Sized>(&self, role: &R) -> Option<&[MemberId]> {
        let place = self.roles.binary_search_by(|(key, _)| key.as_str().cmp(role.borrow())).ok()?;
        let end = |place: usize| self.roles.get(place).map(|(_, end)| *end);
        self.members.get(place.checked_sub(1).and_then(end).unwrap_or(0)..end(place)?)
    }

    /// Every role with its holders.
    pub fn iter(&self) -> impl Iterator<Item = (&RoleKey, &[MemberId])> {
        let mut start = 0;
        self.roles.iter().map(move |(role, end)| {
            let holders = self.members.get(start..*end).unwrap_or_default();
            start = *end;
            (role, holders)
        })
    }
}

impl From<&BTreeMap<RoleKey, BTreeSet<MemberId>>> for Seats {
    fn from(roles: &BTreeMap<RoleKey, BTreeSet<MemberId>>) -> Self {
        let mut end = 0usize;
        let seat = |(role, holders): (&RoleKey, &BTreeSet<MemberId>)| {
            end = end.saturating_add(holders.len());
            (role.clone(), end)
        };
        Self { roles: roles.iter().map(seat).collect(), members: roles.values().flatten().copied().collect() }
    }
}

impl Serialize for Seats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Seats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&BTreeMap::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn seats_are_the_map_that_they_were_made_of(
            names in prop::collection::btree_map("[a-e]{1,2}", prop::collection::btree_set(0u128..6, 0..4), 0..6)
        ) {
            let seat = |(name, members): (String, BTreeSet<u128>)| {
                let members: BTreeSet<MemberId> = members.into_iter().map(|id| MemberId(Uuid::from_u128(id))).collect();
                (name.parse::<RoleKey>().expect("a key"), members)
            };
            let map: BTreeMap<RoleKey, BTreeSet<MemberId>> = names.into_iter().map(seat).collect();
            let seats = Seats::from(&map);
            prop_assert_eq!(seats.is_empty(), map.is_empty());
            let back: BTreeMap<_, BTreeSet<MemberId>> =
                seats.iter().map(|(role, holders)| (role.clone(), holders.iter().copied().collect())).collect();
            prop_assert_eq!(&back, &map);
            for name in ["a", "b", "cc", "e", "zz"] {
                let holders: Option<Vec<MemberId>> = map.get(name).map(|members| members.iter().copied().collect());
                prop_assert_eq!(seats.holders(name), holders.as_deref());
            }
            let json = serde_json::to_string(&seats).expect("JSON");
            prop_assert_eq!(&json, &serde_json::to_string(&map).expect("JSON"));
            prop_assert_eq!(serde_json::from_str::<Seats>(&json).expect("seats"), seats);
        }
    }
}
