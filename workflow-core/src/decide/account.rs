//! Commands on accounts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Decider, Need, Step, check_limit, check_name, check_text};
use crate::error::Rejection;
use crate::event::{AccountRecord, Event};
use crate::id::{AccountId, FieldKey, Tag};
use crate::limits;
use crate::model::{Account, FieldValue, Seats};
use crate::store::DocId;

impl Decider<'_> {
    pub(super) fn save_account(&mut self, record: &AccountRecord) -> Step {
        let known = match self.state.accounts.get(&record.id) {
            Some(slot) => slot.get().cloned(),
            None => return self.need(Need::Document(DocId::Account(record.id))),
        };
        check_name("name", &record.name)?;
        check_limit("FIELDS", limits::FIELDS, record.fields.len(), "the number of custom fields")?;
        check_limit("ROLE_HOLDERS", limits::ROLE_HOLDERS, record.roles.len(), "the number of roles")?;
        check_limit("ROLE_HOLDERS", limits::ROLE_HOLDERS, record.linked.len(), "the number of linked accounts")?;
        for linked in &record.linked {
            check_name("linked.relation", &linked.relation)?;
        }
        for (field, value) in &record.fields {
            check_value(field, value)?;
        }
        for (role, holders) in &record.roles {
            check_limit("ROLE_HOLDERS", limits::ROLE_HOLDERS, holders.len(), "the number of holders of a role")?;
            for holder in holders {
                if self.catalog.member(*holder).is_none() {
                    let why = format!("there is no member `{holder}`; add the member first");
                    return Err(Rejection::invalid(format!("roles.{role}"), why).into());
                }
            }
        }
        if let Some(external) = &record.external {
            match self.state.external_accounts.get(external) {
                None => return self.need(Need::ExternalAccount(external.clone())),
                Some(Some(other)) if *other != record.id => {
                    return Err(Rejection::Exists { what: "account", name: external.to_string() }.into());
                }
                Some(_) => {}
            }
            self.state.external_accounts.insert(external.clone(), Some(record.id));
        }
        self.subject = Some(DocId::Account(record.id));
        self.about.account = Some(record.id);
        if known.as_ref().is_some_and(|account| is_same(account, record)) {
            self.unchanged = Some("the account is like that already".to_owned());
            return Ok(());
        }
        let changed: Vec<FieldKey> = known.as_ref().map_or_else(Vec::new, |account| changed_fields(account, record));
        self.emit(Event::AccountSaved(Box::new(record.clone())));
        for field in &changed {
            let before = known.as_ref().and_then(|account| account.fields.get(field));
            self.follow_account_dates(record.id, field, [before, record.fields.get(field)], None);
        }
        if self.catalog.watches_account_fields() {
            for field in changed {
                let work = crate::store::FollowUpWork::AccountField { account: record.id, field, except: None };
                self.follow_ups.push(work);
            }
        }
        Ok(())
    }

    pub(super) fn tag_account(&mut self, id: AccountId, add: &BTreeSet<Tag>, remove: &BTreeSet<Tag>) -> Step {
        self.account(id)?;
        self.subject = Some(DocId::Account(id));
        self.about.account = Some(id);
        if !self.change_account_tags(id, add, remove)? {
            self.unchanged = Some("the account has these tags already".to_owned());
        }
        Ok(())
    }

    /// Puts tags on an account and takes others off. Answers whether anything changed.
    pub(super) fn change_account_tags(
        &mut self,
        id: AccountId,
        add: &BTreeSet<Tag>,
        remove: &BTreeSet<Tag>,
    ) -> Step<bool> {
        let account = self.account(id)?;
        let removed: Vec<Tag> =
            remove.iter().filter(|tag| account.tags.contains(*tag) && !add.contains(*tag)).cloned().collect();
        let added: Vec<Tag> = add.iter().filter(|tag| !account.tags.contains(*tag)).cloned().collect();
        if added.is_empty() && removed.is_empty() {
            return Ok(false);
        }
        let after = account.tags.len().saturating_add(added.len()).saturating_sub(removed.len());
        check_limit("TAGS", limits::TAGS, after, "the number of tags")?;
        self.emit(Event::AccountTagsChanged { account: id, added, removed });
        Ok(true)
    }

    pub(super) fn set_account_field_by_command(
        &mut self,
        id: AccountId,
        field: &FieldKey,
        value: Option<&FieldValue>,
    ) -> Step {
        self.account(id)?;
        self.subject = Some(DocId::Account(id));
        self.about.account = Some(id);
        if !self.set_account_field(id, field, value)? {
            self.unchanged = Some(format!("`{field}` has that value already"));
        }
        Ok(())
    }

    /// Sets or clears a custom field of an account. Answers whether anything changed.
    pub(super) fn set_account_field(
        &mut self,
        id: AccountId,
        field: &FieldKey,
        value: Option<&FieldValue>,
    ) -> Step<bool> {
        let account = self.account(id)?;
        if account.fields.get(field) == value {
            return Ok(false);
        }
        if let Some(value) = value {
            check_value(field, value)?;
            let more = usize::from(!account.fields.contains_key(field));
            let count = account.fields.len().saturating_add(more);
            check_limit("FIELDS", limits::FIELDS, count, "the number of custom fields")?;
        }
        let except = self.focus.filter(|job| self.state.job(*job).is_some_and(|job| job.account == id));
        self.follow_account_dates(id, field, [account.fields.get(field), value], except);
        drop(account);
        self.emit(Event::AccountFieldSet { account: id, field: field.clone(), value: value.cloned() });
        Ok(true)
    }
}

/// Checks the value of a custom field.
pub(super) fn check_value(field: &FieldKey, value: &FieldValue) -> Result<(), Rejection> {
    match value {
        FieldValue::Flag(_) | FieldValue::Integer(_) => Ok(()),
        FieldValue::Decimal(number) if number.is_finite() => Ok(()),
        FieldValue::Decimal(_) => Err(Rejection::invalid(format!("fields.{field}"), "it is not a finite number")),
        FieldValue::Text(text) => check_text(&format!("fields.{field}"), text),
        FieldValue::List(texts) => {
            check_limit("FIELD_LIST", limits::FIELD_LIST, texts.len(), &format!("fields.{field}"))?;
            texts.iter().try_for_each(|text| check_text(&format!("fields.{field}"), text))
        }
    }
}

fn is_same(account: &Arc<Account>, record: &AccountRecord) -> bool {
    account.name == record.name
        && account.external == record.external
        && account.fields == record.fields
        && account.roles == Seats::from(&record.roles)
        && account.linked == record.linked
}

fn changed_fields(account: &Account, record: &AccountRecord) -> Vec<FieldKey> {
    let keys: BTreeSet<&FieldKey> = account.fields.keys().chain(record.fields.keys()).collect();
    keys.into_iter().filter(|key| account.fields.get(*key) != record.fields.get(*key)).cloned().collect()
}
