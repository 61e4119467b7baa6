//! Items that automations ask the host for, complete and withdraw.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cascade::Running;
use super::{Decider, Need, Step, Stop, check_limit};
use crate::compile::Compiled;
use crate::definition::{EndItems, RequestItem};
use crate::event::Event;
use crate::id::{ItemId, StatusKey};
use crate::limits;
use crate::model::{Account, DoneRule, Intent, Item, ItemLink, ItemProgress, Job, ReminderOf};
use crate::store::DocId;

impl Decider<'_> {
    /// Asks the host for an item and links it to the job. Answers why it could not.
    pub(super) fn request_item(
        &mut self,
        job: Arc<Job>,
        account: &Arc<Account>,
        compiled: &Arc<Compiled>,
        running: &Running,
        request: &RequestItem,
    ) -> Step<Result<(), String>> {
        if let Some(why) = self.template_refusal(request) {
            return Ok(Err(why));
        }
        let rule = match self.done_rule(&request.kind) {
            Ok(rule) => rule,
            Err(why) => return Ok(Err(why)),
        };
        let fallback = request.template.as_ref().map_or_else(|| request.kind.as_str(), |template| template.as_str());
        let title =
            match self.write(request.title.as_deref().unwrap_or(fallback), Some(&job), Some(account), Some(compiled)) {
                Ok(title) => title,
                Err(why) => return Ok(Err(why)),
            };
        check_limit("NAME_BYTES", limits::NAME_BYTES, title.len(), "the item's title")?;
        let body = request.body.as_deref().map(|body| self.write(body, Some(&job), Some(account), Some(compiled)));
        let body = match body.transpose() {
            Ok(body) => body,
            Err(why) => return Ok(Err(why)),
        };
        check_limit("JOB_ITEMS", limits::JOB_ITEMS, job.items.len().saturating_add(1), "the items of the job")?;
        let id = ItemId(self.next_id());
        let progress = if rule == DoneRule::NotActionable { ItemProgress::NotActionable } else { ItemProgress::Open };
        let item = Item {
            id,
            kind: request.kind.clone(),
            account: Some(account.id),
            jobs: BTreeSet::from([job.id]),
            title: Arc::clone(&title),
            template: request.template.clone(),
            external: None,
            status: None,
            reached: BTreeSet::new(),
            progress,
            payment_submitted_is_done: request.payment_submitted_is_done,
            without_invoice: request.without_invoice,
            created: self.now,
            updated: self.now,
        };
        let link = ItemLink {
            item: id,
            kind: request.kind.clone(),
            template: request.template.clone(),
            progress,
            status: None,
            origin: running.origin(),
        };
        let first = match request.remind.as_ref().filter(|_| progress == ItemProgress::Open) {
            Some(rule) => match self.first_reminder(&job, rule, 1) {
                Ok(first) => Some(first),
                Err(why) => return Ok(Err(why)),
            },
            None => None,
        };
        let owner = job.id;
        drop(job);
        self.emit(Event::ItemCreated(Arc::new(item)));
        self.emit(Event::ItemLinked { job: owner, link: Box::new(link) });
        let (kind, template) = (request.kind.clone(), request.template.clone());
        self.notify(Some(owner), Some(account.id), Intent::RequestItem { item: id, kind, template, title, body });
        if let (Some(rule), Some(first)) = (&request.remind, first) {
            self.begin_reminders(owner, ReminderOf::Item(id), rule, first);
        }
        Ok(Ok(()))
    }

    /// Why the host could not make an item from this template, as far as the firm's settings say.
    fn template_refusal(&self, request: &RequestItem) -> Option<String> {
        let (_, firm) = self.catalog.firm.as_ref()?;
        let (known, template) = (firm.settings.host_templates.get(&request.kind)?, request.template.as_ref()?);
        if known.contains(template) {
            return None;
        }
        let near = crate::suggest::near(template.as_str(), known.iter().map(|key| key.as_str()));
        Some(format!("there is no {} template `{template}`{near}", request.kind))
    }

    /// Completes or withdraws open items of the job in focus.
    pub(super) fn end_items(&mut self, job: &Arc<Job>, which: &EndItems, complete: bool) -> Step<Result<(), String>> {
        let open: Vec<ItemId> = job
            .items
            .iter()
            .filter(|link| matches!(link.progress, ItemProgress::Open | ItemProgress::Declined))
            .filter(|link| which.kinds.is_empty() || which.kinds.contains(&link.kind))
            .map(|link| link.item)
            .collect();
        let missing: Vec<ItemId> = open.iter().copied().filter(|id| !self.state.items.contains_key(id)).collect();
        if !missing.is_empty() {
            self.needs.extend(missing.into_iter().map(|id| Need::Document(DocId::Item(id))));
            return Err(Stop::Missing);
        }
        let (word, progress) =
            if complete { ("completed", ItemProgress::Done) } else { ("cancelled", ItemProgress::Cancelled) };
        let status = StatusKey::new(word).map_err(crate::error::Rejection::from)?;
        for id in open {
            let item = self.item(id)?;
            self.spread_item(&item, &status, progress, job.id)?;
            let kind = item.kind.clone();
            let intent =
                if complete { Intent::CompleteItem { item: id, kind } } else { Intent::CancelItem { item: id, kind } };
            self.notify(Some(job.id), Some(job.account), intent);
        }
        Ok(Ok(()))
    }
}
