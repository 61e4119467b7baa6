//! Accounts, members, and how much each member has to do.

use std::ops::Bound;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pager::fingerprint;
use super::{Count, Page, PageRequest, Queries};
use crate::definition::{Template, TemplateKind};
use crate::error::{Error, Rejection};
use crate::id::{AccountId, ExternalRef, MemberId, PipelineKey, Tag};
use crate::limits;
use crate::model::{Account, Firm, Member, PipelineHead};
use crate::store::{Cell, Document, Hit, IndexName, Scan};

/// A list of accounts, by name. Filters that are absent let every account through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccountQuery {
    /// With this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Whose name begins with this, case and all: found by index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Whose name has this text in it, whatever the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A pipeline in the list of the firm's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PipelineRow {
    /// What is true of it whatever its version.
    #[serde(flatten)]
    pub head: Arc<PipelineHead>,
    /// What its newest version is called.
    pub name: String,
}

/// What a member has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MemberLoad {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Open tasks.
    pub tasks: u64,
    /// Of which late.
    pub overdue: u64,
    /// Minutes budgeted for the open tasks. A task of several people counts for each in full.
    pub budget_minutes: u64,
    /// Active jobs.
    pub jobs: Count,
    /// Whether there are more tasks than were looked at, [`limits::SCAN`].
    pub more: bool,
}

impl Queries<'_> {
    /// Accounts, by name.
    ///
    /// # Errors
    /// When the cursor is not of this query, a limit is passed, or the store failed.
    pub fn accounts(&self, query: &AccountQuery, page: &PageRequest) -> Result<Page<Arc<Account>>, Error> {
        self.for_the_firm()?;
        let mut scan = match &query.tag {
            Some(tag) => Scan::all(IndexName::AccountTags, vec![Cell::Text(tag.shared())], 0),
            None => Scan::all(IndexName::Accounts, Vec::new(), 0),
        };
        if let Some(prefix) = query.prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
            scan.from = Bound::Included(Cell::Text(prefix.as_str().into()));
            // Texts order by their bytes: the greatest scalar value ends everything with the prefix.
            scan.to = Bound::Included(Cell::Text(format!("{prefix}\u{10ffff}").into()));
        }
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        self.page(fingerprint(query), &[vec![scan]], page, |hits| {
            let row = |hit: &Hit| match &hit.record.document {
                Document::Account(account) => {
                    let passes = text.as_ref().is_none_or(|text| account.name.to_lowercase().contains(text));
                    passes.then(|| Arc::clone(account))
                }
                _ => None,
            };
            Ok(hits.iter().map(row).collect())
        })
    }

    /// One account.
    ///
    /// # Errors
    /// When there is none, or the store failed.
    pub fn account(&self, id: AccountId) -> Result<Arc<Account>, Error> {
        self.for_the_firm()?;
        let found = self.accounts_of([id])?.remove(&id);
        found.ok_or_else(|| Rejection::not_found("account", id).into())
    }

    /// The account that the host's own system calls so, if there is one.
    ///
    /// # Errors
    /// When the store failed.
    pub fn account_by_external(&self, external: &ExternalRef) -> Result<Option<Arc<Account>>, Error> {
        self.for_the_firm()?;
        let scan = Scan::all(IndexName::AccountExternal, vec![Cell::Text(external.shared())], 1);
        Ok(self.store.scan(self.firm, &scan)?.into_iter().find_map(|hit| match hit.record.document {
            Document::Account(account) => Some(account),
            _ => None,
        }))
    }

    /// The firm with its settings.
    ///
    /// # Errors
    /// For a client.
    pub fn firm(&self) -> Result<Arc<Firm>, Error> {
        self.for_the_firm()?;
        let found = self.catalog.firm.as_ref().map(|(_, firm)| Arc::clone(firm));
        found.ok_or_else(|| Rejection::not_found("firm", self.firm).into())
    }

    /// The firm's templates, by kind and key; of one kind, perhaps.
    ///
    /// # Errors
    /// For a client.
    pub fn templates(&self, kind: Option<TemplateKind>) -> Result<Vec<Arc<Template>>, Error> {
        self.for_the_firm()?;
        let wanted = self.catalog.templates.iter().filter(|((of, _), _)| kind.is_none_or(|kind| kind == *of));
        Ok(wanted.map(|(_, (_, template))| Arc::clone(template)).collect())
    }

    /// The firm's members, by identifier.
    ///
    /// # Errors
    /// For a client.
    pub fn members(&self) -> Result<Vec<Arc<Member>>, Error> {
        self.for_the_firm()?;
        Ok(self.catalog.members.values().map(|(_, member)| Arc::clone(member)).collect())
    }

    /// The firm's pipelines that are open to the actor, by key, with the names of their newest versions.
    ///
    /// # Errors
    /// For a client.
    pub fn pipelines(&self) -> Result<Vec<PipelineRow>, Error> {
        self.for_the_firm()?;
        let named = |(_, head): &(u64, Arc<PipelineHead>)| {
            let name = self.catalog.newest(&head.key).map(|newest| newest.definition().name.clone());
            PipelineRow { head: Arc::clone(head), name: name.unwrap_or_default() }
        };
        let open = self.catalog.pipelines.values().filter(|(_, head)| self.may_open(&head.key));
        Ok(open.map(named).collect())
    }

    /// The newest version of a pipeline, as it was published.
    ///
    /// # Errors
    /// When there is none or it is not open to the actor, or for a client.
    pub fn definition(&self, pipeline: &PipelineKey) -> Result<Arc<crate::definition::PipelineDefinition>, Error> {
        self.for_the_firm()?;
        Ok(Arc::clone(self.open_pipeline(pipeline)?.definition()))
    }

    /// What each working member has to do.
    ///
    /// # Errors
    /// When the store failed.
    pub fn workload(&self) -> Result<Vec<MemberLoad>, Error> {
        self.for_the_firm()?;
        let working = self.catalog.members.values().map(|(_, member)| member).filter(|member| member.active);
        working.map(|member| self.load_of(member)).collect()
    }

    fn load_of(&self, member: &Member) -> Result<MemberLoad, Error> {
        let partition = vec![Cell::Uuid(member.id.0), Cell::Int(0)];
        let jobs = self.store.count(self.firm, &Scan::all(IndexName::JobAssignees, partition.clone(), limits::SCAN))?;
        let mut load = MemberLoad {
            member: member.id,
            name: member.name.clone(),
            tasks: 0,
            overdue: 0,
            budget_minutes: 0,
            jobs: Count { counted: jobs as u64, more: jobs >= limits::SCAN },
            more: false,
        };
        let mut scan = Scan::all(IndexName::TaskAssignees, partition, limits::PAGE);
        loop {
            let hits = self.store.scan(self.firm, &scan)?;
            for hit in &hits {
                let Document::Task(task) = &hit.record.document else { continue };
                load.tasks = load.tasks.saturating_add(1);
                load.overdue = load.overdue.saturating_add(u64::from(self.is_late(task)));
                let minutes = u64::from(task.budget_minutes.unwrap_or(0));
                load.budget_minutes = load.budget_minutes.saturating_add(minutes);
            }
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            if hits.len() < scan.limit {
                return Ok(load);
            }
            if load.tasks >= limits::SCAN as u64 {
                load.more = true;
                return Ok(load);
            }
        }
    }
}
