//! What can still be said of a pipeline whose document has problems of form.
//!
//! The parts that are wrong are left out, misspelt fields go by the names that were meant, and what
//! remains is looked at for its sense. A complaint that may only follow from what was left out is
//! not made: a missing one is found next time, a false one is believed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize as _;

use super::path::Path;
use super::tree::{Entry, Node, Value};
use crate::definition::PipelineDefinition;
use crate::error::Problem;
use crate::limits::PROBLEMS;
use crate::validate::validate;

/// Complaints that hang on what else is written beside a thing.
const OF_NEIGHBOURS: [&str; 10] = [
    "automove_on_final",
    "condition_on_final",
    "condition_on_first",
    "empty_action",
    "empty_test",
    "impossible_test",
    "misplaced",
    "no_actions",
    "no_trigger",
    "nobody",
];

/// A misspelt field: its path, and the name that was meant.
pub(super) type Misspelt = (String, String);

/// How often more is left out before nothing is said: each time the document is read again.
const TRIES: usize = 8;

/// The problems of sense in a tree with these problems of form.
pub(super) fn sense_of(tree: &Node, problems: &[Problem], misspelt: &[Misspelt]) -> Vec<Problem> {
    // With that many problems the rest can wait.
    if problems.len() >= PROBLEMS {
        return Vec::new();
    }
    let misspelt: HashMap<&str, &str> = misspelt.iter().map(|(path, meant)| (path.as_str(), meant.as_str())).collect();
    let wrong = |problem: &&Problem| !misspelt.contains_key(problem.path.as_str());
    let mut out: HashSet<String> = problems.iter().filter(wrong).map(left_out_for).collect();
    // What lacks a part that it needs is left out as a whole, until the rest can be read.
    for _ in 0..TRIES {
        if out.iter().any(|path| path.is_empty() || is_stage(path)) {
            return Vec::new();
        }
        let mut mender = Mender {
            out: &out,
            misspelt: &misspelt,
            lists: Vec::new(),
            path: Path::default(),
            mended: Path::default(),
        };
        let mended = mender.node(tree);
        let lists = mender.lists;
        match PipelineDefinition::deserialize(&mended) {
            Ok(definition) => {
                let place = |problem: Problem| placed(problem, &mended, &lists);
                let strange = problems.iter().any(|problem| is_strange_in_stage(problem, &out));
                let sure =
                    |problem: &Problem| is_sure(problem, &out) && !(strange && problem.code.ends_with("_on_final"));
                return validate(&definition).into_iter().map(place).filter(sure).collect();
            }
            Err(failure) => {
                if !out.insert(in_document(&failure.path(), &lists)) {
                    return Vec::new();
                }
            }
        }
    }
    Vec::new()
}

/// What is left out for a problem: the part that has it, or what lacks a part.
fn left_out_for(problem: &Problem) -> String {
    match problem.code {
        "missing_field" => parent(&problem.path).to_owned(),
        _ => problem.path.clone(),
    }
}

/// Whether a path is a whole stage: without it nothing can be said of the order and the names.
fn is_stage(path: &str) -> bool {
    path == "stages" || path.strip_prefix("stages[").is_some_and(|rest| rest.ends_with(']') && !rest.contains('.'))
}

/// Whether a field of a stage is not known at all: it may have been meant to say which are final.
fn is_strange_in_stage(problem: &Problem, out: &HashSet<String>) -> bool {
    problem.code == "unknown_field" && out.contains(&problem.path) && is_stage(parent(&problem.path))
}

fn parent(path: &str) -> &str {
    path.rfind(['.', '[']).and_then(|end| path.get(..end)).unwrap_or_default()
}

fn is_within(path: &str, outer: &str) -> bool {
    let rest = path.strip_prefix(outer);
    !outer.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether a complaint cannot come from something that was left out.
fn is_sure(problem: &Problem, out: &HashSet<String>) -> bool {
    !out.iter().any(|gone| {
        let related = is_within(&problem.path, gone) || is_within(gone, &problem.path);
        let beside = is_within(&problem.path, parent(gone)) && OF_NEIGHBOURS.contains(&problem.code);
        let names = gone.starts_with("statuses") && problem.code == "unknown_status";
        let finals = gone.ends_with(".final") && problem.code.ends_with("_on_final");
        related || beside || names || finals
    })
}

/// Copies a tree without the parts that are left out.
struct Mender<'a> {
    out: &'a HashSet<String>,
    misspelt: &'a HashMap<&'a str, &'a str>,
    /// Lists that lost entries: their path in the mended tree, and which places of the document
    /// those have that stayed.
    lists: Vec<(String, Vec<usize>)>,
    /// Where the walk is, as the document spells it, and in the mended tree.
    path: Path,
    mended: Path,
}

impl Mender<'_> {
    fn is_out(&self) -> bool {
        self.out.contains(self.path.as_str())
    }

    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Map(entries) => Value::Map(entries.iter().filter_map(|entry| self.entry(entry)).collect()),
            Value::List(items) => self.list(items),
            other => other.clone(),
        };
        Node { value, line: node.line }
    }

    fn entry(&mut self, entry: &Entry) -> Option<Entry> {
        let before = self.path.push_key(&entry.key);
        let key = self.misspelt.get(self.path.as_str()).map_or_else(|| entry.key.clone(), |meant| (*meant).into());
        let before_mended = self.mended.push_key(&key);
        let kept = (!self.is_out()).then(|| Entry { key, line: entry.line, node: self.node(&entry.node) });
        self.path.back(before);
        self.mended.back(before_mended);
        kept
    }

    fn list(&mut self, items: &[Node]) -> Value {
        let (mut kept, mut places) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for (place, item) in items.iter().enumerate() {
            let before = self.path.push_index(place);
            let before_mended = self.mended.push_index(kept.len());
            if !self.is_out() {
                let item = self.node(item);
                kept.push(item);
                places.push(place);
            }
            self.path.back(before);
            self.mended.back(before_mended);
        }
        if kept.len() < items.len() {
            self.lists.push((self.mended.as_str().to_owned(), places));
        }
        Value::List(kept)
    }
}

/// A path of the mended tree with the places that the document has.
fn in_document(path: &str, lists: &[(String, Vec<usize>)]) -> String {
    let (mut written, mut rest) = (String::new(), path);
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        written.push_str(before);
        let Some(close) = after.find(']') else { break };
        let (index, behind) = after.split_at(close.saturating_add(1));
        let here = path.get(..path.len().saturating_sub(after.len())).unwrap_or_default();
        let place = index.trim_matches(['[', ']']).parse::<usize>().ok();
        let places = lists.iter().find(|(list, _)| list == here).map(|(_, places)| places);
        match place.and_then(|place| places?.get(place)) {
            Some(place) => written.push_str(&format!("[{place}]")),
            None => written.push_str(index),
        }
        rest = behind;
    }
    written.push_str(rest);
    written
}

/// The problem where the document has it: its path, and its line as far as the path leads.
fn placed(problem: Problem, mended: &Node, lists: &[(String, Vec<usize>)]) -> Problem {
    let line = line_of(mended, &problem.path);
    let path = in_document(&problem.path, lists);
    Problem { path, ..problem }.at_line(Some(line))
}

/// The line of what a path leads to, or of the last thing on the way that is there.
pub(super) fn line_of(tree: &Node, path: &str) -> u32 {
    let mut walk = Path::default();
    let (mut node, mut line) = (tree, tree.line);
    loop {
        let next = match &node.value {
            Value::Map(entries) => entries.iter().find_map(|entry| {
                let before = walk.push_key(&entry.key);
                let leads = is_within(path, walk.as_str());
                if !leads {
                    walk.back(before);
                }
                leads.then_some((&entry.node, entry.line))
            }),
            Value::List(items) => items.iter().enumerate().find_map(|(place, item)| {
                let before = walk.push_index(place);
                let leads = is_within(path, walk.as_str());
                if !leads {
                    walk.back(before);
                }
                leads.then_some((item, item.line))
            }),
            _ => None,
        };
        let Some(found) = next else { return line };
        (node, line) = found;
    }
}
