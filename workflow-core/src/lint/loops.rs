//! Automations that set each other off in a circle.
//!
//! Automations, what they change and what sets them off make a graph; a circle in it is a loop if
//! what it changes can change again and again. Automove makes no edges: work has to be done first.

use std::collections::BTreeSet;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cycle;
use super::scene::Scene;
use super::web::{Change, Conduct, Cue, conducts};
use crate::definition::FieldScope;
use crate::id::{FieldKey, Tag};
use crate::model::{FieldValue, ItemKind};
use crate::validate::Findings;

/// How often changes that cannot repeat are taken out. What is left after that is only warned of,
/// and a definition of a sane size is settled after a few rounds.
const ROUNDS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node<'a> {
    Rule(usize),
    Change(Change<'a>),
    Cue(Cue<'a>),
}

type Web<'a> = DiGraph<Node<'a>, ()>;

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let conducts = conducts(scene);
    let whole = Weaver::new(&conducts, false).weave(&FxHashSet::default());
    let sure = settle(&Weaver::new(&conducts, true), &conducts, rules_of);
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (circle, members) in circles(&sure) {
        // What archives the job or takes it elsewhere may end the circle.
        if !after(&whole, &members).iter().any(|rule| conducts.get(*rule).is_some_and(|conduct| conduct.ends)) {
            told.extend(members);
            report(scene, &circle, true, found);
        }
    }
    let possible = settle(&Weaver::new(&conducts, false), &conducts, |web, knot| after(&whole, &rules_of(web, knot)));
    for (circle, members) in circles(&possible) {
        if told.is_disjoint(&members) {
            report(scene, &circle, false, found);
        }
    }
}

/// Each circle of a web in order, with all automations that are knotted with it.
fn circles<'a>(web: &Web<'a>) -> Vec<(Vec<Node<'a>>, BTreeSet<usize>)> {
    let node = |index: &NodeIndex| web.node_weight(*index).copied();
    let knots = cycle::knots(web).into_iter();
    knots.map(|knot| (cycle::through(web, &knot).iter().filter_map(node).collect(), rules_of(web, &knot))).collect()
}

fn rules_of(web: &Web<'_>, knot: &[NodeIndex]) -> BTreeSet<usize> {
    knot.iter()
        .filter_map(|node| match web.node_weight(*node) {
            Some(Node::Rule(rule)) => Some(*rule),
            _ => None,
        })
        .collect()
}

/// The automations that these set off, directly and further on, themselves included.
fn after(whole: &Web<'_>, rules: &BTreeSet<usize>) -> BTreeSet<usize> {
    // Automations are the first nodes of a web, in their order.
    let mut search = Dfs::empty(whole);
    search.stack.extend(rules.iter().filter(|rule| **rule < whole.node_count()).map(|rule| NodeIndex::new(*rule)));
    let mut reached = BTreeSet::new();
    while let Some(node) = search.next(whole) {
        if let Some(Node::Rule(rule)) = whole.node_weight(node) {
            reached.insert(*rule);
        }
    }
    reached
}

/// Takes changes out that cannot repeat, until all that is left on a circle can. What changes back
/// is asked of the automations that `with` answers for a knot.
fn settle<'a>(
    weaver: &Weaver<'_, 'a>,
    conducts: &[Conduct<'a>],
    with: impl Fn(&Web<'a>, &[NodeIndex]) -> BTreeSet<usize>,
) -> Web<'a> {
    let mut settled: FxHashSet<Change<'a>> = FxHashSet::default();
    let mut web = weaver.weave(&settled);
    for _ in 0..ROUNDS {
        let before = settled.len();
        for knot in cycle::knots(&web) {
            let tally = Tally::new(conducts, &with(&web, &knot));
            for node in &knot {
                if let Some(Node::Change(change)) = web.node_weight(*node)
                    && !tally.repeats(*change)
                {
                    settled.insert(*change);
                }
            }
        }
        if settled.len() == before {
            break;
        }
        web = weaver.weave(&settled);
    }
    web
}

/// Builds webs of the same automations.
struct Weaver<'c, 'a> {
    conducts: &'c [Conduct<'a>],
    /// Only what is sure: automations that always run, changes that always come about.
    sure: bool,
    cues: BTreeSet<Cue<'a>>,
}

impl<'c, 'a> Weaver<'c, 'a> {
    fn new(conducts: &'c [Conduct<'a>], sure: bool) -> Self {
        Self { conducts, sure, cues: conducts.iter().flat_map(|conduct| conduct.cues.iter().copied()).collect() }
    }

    fn weave(&self, without: &FxHashSet<Change<'a>>) -> Web<'a> {
        let mut web = Web::new();
        let rules: Vec<NodeIndex> = (0..self.conducts.len()).map(|rule| web.add_node(Node::Rule(rule))).collect();
        let mut nodes: FxHashMap<Node<'a>, NodeIndex> = FxHashMap::default();
        let mut links: FxHashSet<(NodeIndex, NodeIndex)> = FxHashSet::default();
        for (conduct, rule) in self.conducts.iter().zip(rules) {
            if self.sure && (!conduct.always || conduct.ends) {
                continue;
            }
            for cue in &conduct.cues {
                let cue = *nodes.entry(Node::Cue(*cue)).or_insert_with(|| web.add_node(Node::Cue(*cue)));
                web.add_edge(cue, rule, ());
            }
            for effect in conduct.effects.iter().filter(|effect| effect.certain || !self.sure) {
                let change = effect.change;
                let cues = self.set_off(change);
                if without.contains(&change) || cues.is_empty() {
                    continue;
                }
                let node = *nodes.entry(Node::Change(change)).or_insert_with(|| web.add_node(Node::Change(change)));
                if links.insert((rule, node)) {
                    web.add_edge(rule, node, ());
                }
                for cue in cues {
                    let cue = *nodes.entry(Node::Cue(cue)).or_insert_with(|| web.add_node(Node::Cue(cue)));
                    if links.insert((node, cue)) {
                        web.add_edge(node, cue, ());
                    }
                }
            }
        }
        web
    }

    /// The cues that a change gives, of those that an automation waits for.
    fn set_off(&self, change: Change<'a>) -> Vec<Cue<'a>> {
        let candidates = match change {
            Change::Entered(place) | Change::NewJobIn(place) => vec![Cue::Entered(place)],
            Change::Left(place) => vec![Cue::Left(place)],
            Change::NewJob => vec![Cue::Created],
            Change::Status(status) => vec![Cue::Status(status)],
            Change::TagAdded(scope, tag) => vec![Cue::TagAdded(scope, Some(tag)), Cue::TagAdded(scope, None)],
            Change::TagRemoved(scope, tag) => vec![Cue::TagRemoved(scope, Some(tag)), Cue::TagRemoved(scope, None)],
            Change::Field(scope, field) => vec![Cue::Field(scope, Some(field)), Cue::Field(scope, None)],
            Change::TasksDone(Some(template)) => {
                vec![Cue::TaskDone(Some(template)), Cue::TaskDone(None), Cue::AllTasksDone]
            }
            Change::AccountTagsCleared | Change::TasksDone(None) | Change::ItemsReached(..) => {
                return self.cues.iter().copied().filter(|cue| matches(change, *cue)).collect();
            }
            Change::TasksMade | Change::ItemMade(_) => Vec::new(),
        };
        candidates.into_iter().filter(|cue| self.cues.contains(cue)).collect()
    }
}

/// Whether a change of many things at once gives a cue.
fn matches(change: Change<'_>, cue: Cue<'_>) -> bool {
    match (change, cue) {
        (Change::AccountTagsCleared, Cue::TagRemoved(FieldScope::Account, _))
        | (Change::TasksDone(None), Cue::TaskDone(_) | Cue::AllTasksDone) => true,
        (Change::ItemsReached(kind, status), Cue::ItemReached(wanted, _, wanted_status)) => {
            status == wanted_status && kind.zip(wanted).is_none_or(|(kind, wanted)| kind == wanted)
        }
        _ => false,
    }
}

/// What some automations change, taken together.
#[derive(Default)]
struct Tally<'a> {
    entered: BTreeSet<usize>,
    /// Whether a job goes back along the declared order: without that, moves come to an end.
    back: bool,
    statuses: BTreeSet<&'a str>,
    added: BTreeSet<(FieldScope, &'a Tag)>,
    removed: BTreeSet<(FieldScope, &'a Tag)>,
    cleared: bool,
    /// The first value of each field, and whether there is another.
    fields: FxHashMap<(FieldScope, &'a FieldKey), (Option<&'a FieldValue>, bool)>,
    tasks: bool,
    items: BTreeSet<&'a ItemKind>,
}

impl<'a> Tally<'a> {
    fn new(conducts: &[Conduct<'a>], rules: &BTreeSet<usize>) -> Self {
        let mut tally = Self::default();
        for effect in rules.iter().filter_map(|rule| conducts.get(*rule)).flat_map(|conduct| &conduct.effects) {
            tally.back |= effect.back;
            match effect.change {
                Change::Entered(place) => drop(tally.entered.insert(place)),
                Change::Status(status) => drop(tally.statuses.insert(status)),
                Change::TagAdded(scope, tag) => drop(tally.added.insert((scope, tag))),
                Change::TagRemoved(scope, tag) => drop(tally.removed.insert((scope, tag))),
                Change::AccountTagsCleared => tally.cleared = true,
                Change::Field(scope, field) => {
                    let known = tally.fields.entry((scope, field)).or_insert((effect.value, false));
                    known.1 |= known.0 != effect.value;
                }
                Change::TasksMade => tally.tasks = true,
                Change::ItemMade(kind) => drop(tally.items.insert(kind)),
                Change::Left(_)
                | Change::NewJob
                | Change::NewJobIn(_)
                | Change::TasksDone(_)
                | Change::ItemsReached(..) => {}
            }
        }
        tally
    }

    /// Whether a change can come about again and again: something must change it back.
    fn repeats(&self, change: Change<'a>) -> bool {
        match change {
            Change::Entered(place) => self.back && self.entered.iter().any(|other| *other != place),
            Change::Left(place) => self.back && self.entered.contains(&place),
            Change::NewJob | Change::NewJobIn(_) => true,
            // An archived job takes no status.
            Change::Status("archived") => false,
            Change::Status(status) => self.statuses.iter().any(|other| *other != status && *other != "archived"),
            Change::TagAdded(scope, tag) => {
                self.removed.contains(&(scope, tag)) || scope == FieldScope::Account && self.cleared
            }
            Change::TagRemoved(scope, tag) => self.added.contains(&(scope, tag)),
            Change::AccountTagsCleared => self.added.iter().any(|(scope, _)| *scope == FieldScope::Account),
            Change::Field(scope, field) => self.fields.get(&(scope, field)).is_some_and(|(_, differs)| *differs),
            Change::TasksDone(_) => self.tasks,
            Change::ItemsReached(Some(kind), _) => self.items.contains(kind),
            Change::ItemsReached(None, _) => !self.items.is_empty(),
            Change::TasksMade | Change::ItemMade(_) => false,
        }
    }
}

fn report(scene: &Scene<'_>, circle: &[Node<'_>], sure: bool, found: &mut Findings) {
    let rules = circle.iter().filter_map(|node| match node {
        Node::Rule(rule) => scene.rules.get(*rule),
        _ => None,
    });
    let Some(first) = rules.clone().next() else { return };
    let mut steps: Vec<String> = Vec::new();
    for node in circle {
        match node {
            Node::Rule(rule) => steps.extend(scene.rules.get(*rule).map(|rule| format!("`{}`", rule.automation.key))),
            Node::Change(change) => {
                if let Some(step) = steps.last_mut() {
                    step.push_str(&format!(" ({})", describe(scene, *change)));
                }
            }
            Node::Cue(_) => {}
        }
    }
    let names = format!("{} → `{}`", steps.join(" → "), first.automation.key);
    if sure {
        found.error(&first.path, "automation_loop", || {
            format!(
                "automations set each other off without end: {names}; give one of them a condition, or remove a step"
            )
        });
    } else {
        found.warning(&first.path, "automation_loop", || {
            format!("automations may set each other off in a circle: {names}; make sure that something ends it")
        });
    }
}

/// What a change is, in words.
fn describe(scene: &Scene<'_>, change: Change<'_>) -> String {
    let whose = |scope| if scope == FieldScope::Account { "account" } else { "job" };
    match change {
        Change::Entered(place) => format!("enters `{}`", scene.stage_key(place)),
        Change::Left(place) => format!("leaves `{}`", scene.stage_key(place)),
        Change::NewJob => "creates a job".to_owned(),
        Change::NewJobIn(place) => format!("creates a job in `{}`", scene.stage_key(place)),
        Change::Status(status) => format!("sets the status `{status}`"),
        Change::TagAdded(scope, tag) => format!("adds the {} tag `{tag}`", whose(scope)),
        Change::TagRemoved(scope, tag) => format!("removes the {} tag `{tag}`", whose(scope)),
        Change::AccountTagsCleared => "clears the account's tags".to_owned(),
        Change::Field(scope, field) => format!("sets the {} field `{field}`", whose(scope)),
        Change::TasksDone(Some(template)) => format!("completes tasks of `{template}`"),
        Change::TasksDone(None) => "completes tasks".to_owned(),
        Change::ItemsReached(Some(kind), status) => format!("sets {kind} items to `{status}`"),
        Change::ItemsReached(None, status) => format!("sets items to `{status}`"),
        Change::TasksMade => "creates tasks".to_owned(),
        Change::ItemMade(kind) => format!("requests an item of kind {kind}"),
    }
}
