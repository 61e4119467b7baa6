//! Commands on items, and what their statuses mean to jobs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Decider, Need, Step, check_limit, check_name};
use crate::command::{ItemRef, NewItem};
use crate::error::Rejection;
use crate::event::{Actor, Event};
use crate::id::{ExternalRef, ItemId, JobId, StatusKey};
use crate::limits;
use crate::model::{AttentionReason, DoneRule, Item, ItemKind, ItemLink, ItemProgress, LinkOrigin};
use crate::store::{DocId, FollowUpWork};

impl Decider<'_> {
    /// The item that a command names.
    fn find_item(&mut self, reference: &ItemRef) -> Step<Arc<Item>> {
        match reference {
            ItemRef::Id(id) => self.item(*id),
            ItemRef::External(external) => match self.state.external_items.get(external) {
                Some(Some(id)) => self.item(*id),
                Some(None) => Err(Rejection::not_found("item", external).into()),
                None => self.need(Need::ExternalItem(external.clone())),
            },
        }
    }

    /// When an item counts as done. Refused for a kind that the firm does not have.
    pub(super) fn done_rule(&self, kind: &ItemKind) -> Result<DoneRule, String> {
        let rule = self.catalog.firm.as_ref().and_then(|(_, firm)| kind.done_rule(&firm.settings));
        rule.ok_or_else(|| format!("there is no kind of item `{kind}` in the firm's settings"))
    }

    /// How far an item has come by the statuses reported of it.
    fn progress(&self, item: &Item, reached: &BTreeSet<StatusKey>, last: &StatusKey) -> Result<ItemProgress, String> {
        let rule = self.done_rule(&item.kind)?;
        if rule == DoneRule::NotActionable {
            return Ok(ItemProgress::NotActionable);
        }
        if last.as_str() == "cancelled" {
            return Ok(ItemProgress::Cancelled);
        }
        if last.as_str() == "reopened" {
            return Ok(ItemProgress::Open);
        }
        let has = |status: &str| reached.iter().any(|known| known.as_str() == status);
        if has("completed") {
            return Ok(ItemProgress::Done);
        }
        let submitted = item.payment_submitted_is_done
            || self.catalog.firm.as_ref().is_some_and(|(_, firm)| firm.settings.payment_submitted_is_done);
        let (done, declined) = match &rule {
            DoneRule::NotActionable => (false, false),
            DoneRule::All(wanted) => {
                let enough = |status: &&str| has(status) || (*status == "paid" && item.without_invoice);
                (wanted.iter().all(enough), last.as_str() == "declined")
            }
            DoneRule::Any(wanted) => {
                let paid = item.kind == ItemKind::Invoice && submitted && has("payment_submitted");
                let declined = matches!(last.as_str(), "declined" | "rejected");
                (paid || wanted.iter().any(|status| has(status)), declined)
            }
            DoneRule::Host(definition) => {
                (definition.done.iter().any(|status| reached.contains(status)), definition.declined.contains(last))
            }
        };
        // What is done stays done: a status that comes late changes nothing further.
        Ok(match (done, declined) {
            (true, _) => ItemProgress::Done,
            (false, true) => ItemProgress::Declined,
            (false, false) => ItemProgress::Open,
        })
    }

    pub(super) fn create_item_by_command(&mut self, new: &NewItem) -> Step {
        check_name("title", &new.title)?;
        let rule = self.done_rule(&new.kind).map_err(|why| Rejection::invalid("kind", why))?;
        let id = match new.id {
            Some(id) => match self.state.items.get(&id) {
                None => return self.need(Need::Document(DocId::Item(id))),
                Some(slot) if slot.get().is_some() => {
                    return Err(Rejection::Exists { what: "item", name: id.to_string() }.into());
                }
                Some(_) => id,
            },
            None => ItemId(self.next_id()),
        };
        if let Some(external) = &new.external {
            self.free_external(external, id)?;
        }
        let account = match new.job {
            Some(job) => Some(self.open_job(job)?.account),
            None => new.account,
        };
        if let Some(account) = account {
            self.account(account)?;
        }
        self.subject = Some(DocId::Item(id));
        self.about.account = account;
        let progress = if rule == DoneRule::NotActionable { ItemProgress::NotActionable } else { ItemProgress::Open };
        let item = Item {
            id,
            kind: new.kind.clone(),
            account,
            jobs: BTreeSet::new(),
            title: new.title.as_str().into(),
            template: None,
            external: new.external.clone(),
            status: None,
            reached: BTreeSet::new(),
            progress,
            payment_submitted_is_done: new.payment_submitted_is_done,
            without_invoice: new.without_invoice,
            created: self.now,
            updated: self.now,
        };
        self.emit(Event::ItemCreated(Arc::new(item)));
        match new.job {
            Some(job) => {
                self.link(id, job)?;
                self.run_cascade()
            }
            None => Ok(()),
        }
    }

    /// Checks that an external reference is not another item's, and notes whose it is.
    fn free_external(&mut self, external: &ExternalRef, id: ItemId) -> Step {
        match self.state.external_items.get(external) {
            None => self.need(Need::ExternalItem(external.clone())),
            Some(Some(other)) if *other != id => {
                Err(Rejection::Exists { what: "item", name: external.to_string() }.into())
            }
            Some(_) => {
                self.state.external_items.insert(external.clone(), Some(id));
                Ok(())
            }
        }
    }

    pub(super) fn link_item(&mut self, reference: &ItemRef, job: JobId) -> Step {
        let item = self.find_item(reference)?;
        self.open_job_of(&item)?;
        let record = self.open_job(job)?;
        self.subject = Some(DocId::Item(item.id));
        if record.items.iter().any(|link| link.item == item.id) {
            self.unchanged = Some("the item is linked to that job already".to_owned());
            return Ok(());
        }
        if item.account.is_some_and(|account| account != record.account) {
            return Err(Rejection::refused("other_account", "the item belongs to another account").into());
        }
        self.link(item.id, job)?;
        self.run_cascade()
    }

    /// Links an item to the job in focus by hand: it counts for the present visit.
    fn link(&mut self, id: ItemId, job: JobId) -> Step {
        let (item, record) = (self.item(id)?, self.job(job)?);
        check_limit("JOB_ITEMS", limits::JOB_ITEMS, record.items.len().saturating_add(1), "the items of the job")?;
        check_limit("ITEM_JOBS", limits::ITEM_JOBS, item.jobs.len().saturating_add(1), "the jobs of the item")?;
        let link = ItemLink {
            item: id,
            kind: item.kind.clone(),
            template: item.template.clone(),
            progress: item.progress,
            status: item.status.clone(),
            origin: LinkOrigin { visit: record.visit_number(), automation: None, status_round: None },
        };
        self.emit(Event::ItemLinked { job, link: Box::new(link) });
        if item.progress == ItemProgress::Declined {
            self.tell_declined(job, &item);
        }
        Ok(())
    }

    fn tell_declined(&mut self, job: JobId, item: &Item) {
        let text = format!("`{}` ({}) was declined", item.title, item.kind);
        self.raise(job, AttentionReason::Declined(item.id), text);
    }

    pub(super) fn unlink_item(&mut self, reference: &ItemRef, job: JobId) -> Step {
        let item = self.find_item(reference)?;
        let record = self.open_job(job)?;
        self.subject = Some(DocId::Item(item.id));
        if !record.items.iter().any(|link| link.item == item.id) {
            self.unchanged = Some("the item is not linked to that job".to_owned());
            return Ok(());
        }
        self.emit(Event::ItemUnlinked { item: item.id, job });
        self.calm(job, &AttentionReason::Declined(item.id));
        self.run_cascade()
    }

    pub(super) fn name_item(&mut self, id: ItemId, external: &ExternalRef) -> Step {
        let item = self.item(id)?;
        self.about.job = self.open_job_of(&item)?;
        self.subject = Some(DocId::Item(id));
        self.about.account = item.account;
        if item.external.as_ref() == Some(external) {
            self.unchanged = Some("the item is called that already".to_owned());
            return Ok(());
        }
        self.free_external(external, id)?;
        self.emit(Event::ItemNamed { item: id, external: external.clone() });
        Ok(())
    }

    pub(super) fn report_item(&mut self, reference: &ItemRef, status: &StatusKey) -> Step {
        let item = self.find_item(reference)?;
        self.subject = Some(DocId::Item(item.id));
        self.about.account = item.account;
        if let Actor::Client(account) = self.actor
            && item.account != Some(*account)
        {
            return Err(Rejection::Forbidden("the item belongs to another account".to_owned()).into());
        }
        let open = self.open_job_of(&item)?;
        if item.status.as_ref() == Some(status) {
            self.unchanged = Some(format!("the item is `{status}` already"));
            return Ok(());
        }
        let mut reached = item.reached.clone();
        if status.as_str() == "reopened" {
            reached.clear();
        }
        reached.insert(status.clone());
        let withdrawn = item.progress == ItemProgress::Cancelled && status.as_str() != "reopened";
        let progress = match withdrawn {
            true => ItemProgress::Cancelled,
            false => self.progress(&item, &reached, status).map_err(|why| Rejection::invalid("kind", why))?,
        };
        if progress == item.progress && reached.len() > item.reached.len() {
            check_limit("ITEM_STATUSES", limits::ITEM_STATUSES, reached.len(), "the number of the item's statuses")?;
        }
        if withdrawn {
            // What the client still does with it is noted and changes nothing.
            self.emit(Event::ItemReported { item: item.id, status: status.clone(), progress });
            return Ok(());
        }
        // One job learns of it at once, in the same commit; the others follow.
        let Some(job) = open else {
            self.emit(Event::ItemReported { item: item.id, status: status.clone(), progress });
            return Ok(());
        };
        self.focus(job)?;
        self.spread_item(&item, status, progress, job)?;
        self.run_cascade()
    }

    /// Notes an item's status, tells the job in focus at once, and its other jobs afterwards.
    pub(super) fn spread_item(&mut self, item: &Item, status: &StatusKey, progress: ItemProgress, job: JobId) -> Step {
        self.emit(Event::ItemReported { item: item.id, status: status.clone(), progress });
        for other in item.jobs.iter().filter(|other| **other != job) {
            self.follow_ups.push(FollowUpWork::Item { job: *other, item: item.id });
        }
        self.learn_item(job, item.id)
    }

    /// Tells the job in focus how far an item of it has come.
    pub(super) fn learn_item(&mut self, job: JobId, id: ItemId) -> Step {
        let item = self.item(id)?;
        let record = self.job(job)?;
        let Some(link) = record.items.iter().find(|link| link.item == id) else { return Ok(()) };
        if (link.progress, &link.status) == (item.progress, &item.status) {
            return Ok(());
        }
        let (status, progress) = (item.status.clone(), item.progress);
        let was = link.progress;
        drop(record);
        self.emit(Event::JobItemChanged { job, item: id, status, progress });
        if progress == ItemProgress::Declined {
            self.tell_declined(job, &item);
        } else if was == ItemProgress::Declined {
            self.calm(job, &AttentionReason::Declined(id));
        }
        Ok(())
    }
}
