//! What a command would do, and what it would leave undone and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::cascade::Verdict;
use super::{Decider, Decision, Situation, Undecided};
use crate::command::Request;
use crate::compile::Rule;
use crate::evaluate::{Explanation, explain};
use crate::id::{AutomationKey, IdSource, StageKey};
use crate::model::{Account, Job};

/// What a preview tells besides the events: what was looked at on the way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Outlook {
    /// Automations that something in the cascade could set off, in the order they were looked at.
    pub automations: Vec<PreviewedAutomation>,
    /// For a publish: stages that are dropped, and where their jobs go.
    pub migrations: Vec<StageMigration>,
}

/// An automation that a preview looked at.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PreviewedAutomation {
    /// Which.
    pub automation: AutomationKey,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it would run.
    pub runs: bool,
    /// Why not, or that nothing stands against it.
    pub why: String,
    /// Its condition with the values that were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Explanation>,
}

/// Jobs of a stage that a new version drops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageMigration {
    /// From which stage.
    pub from: StageKey,
    /// To which stage.
    pub to: StageKey,
    /// How many jobs.
    pub jobs: u64,
}

/// Decides a command like [`super::decide`], and tells what was looked at on the way.
///
/// # Errors
/// As [`super::decide`].
pub fn preview(
    situation: &Situation<'_>,
    request: &Request,
    ids: &mut dyn IdSource,
) -> Result<(Decision, Outlook), Undecided> {
    let mut decider = Decider::new(situation, request, ids);
    decider.outlook = Some(Outlook::default());
    decider.run(request)
}

impl Decider<'_> {
    /// Notes an automation that was looked at, when this is a preview.
    pub(super) fn note_preview(&mut self, rule: &Rule, verdict: Verdict, job: &Job, account: Option<&Account>) {
        if self.outlook.is_none() {
            return;
        }
        let condition = rule.automation.condition.as_ref().zip(account);
        let condition = condition.map(|(condition, account)| explain(condition, &self.facts(job, account)));
        let previewed = PreviewedAutomation {
            automation: rule.automation.key.clone(),
            name: rule.automation.name.clone(),
            runs: verdict == Verdict::Runs,
            why: verdict.why().to_owned(),
            condition,
        };
        if let Some(outlook) = &mut self.outlook {
            outlook.automations.push(previewed);
        }
    }
}

impl Verdict {
    /// In words.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Runs => "nothing stands against it",
            Self::OtherTrigger => "something else sets it off",
            Self::SwitchedOff => "it is switched off",
            Self::LeftOut => "the command leaves it out",
            Self::NotFirstEntry => "it runs on the first entry only, and the job was in the stage before",
            Self::NotForward => "it runs on the way forward only, and the job goes back",
            Self::ConditionFails => "its condition does not hold",
        }
    }
}
