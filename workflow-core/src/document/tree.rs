//! A document as a tree that remembers its lines, and the builder that both readers feed.
//!
//! The builder holds to the limits while the text is read, so a hostile document costs no more
//! than a good one of the largest size. It works on a stack of its own and never recurses.

use std::collections::HashSet;
use std::sync::Arc;

use super::mend::Misspelt;
use super::path::{Path, quote};
use crate::error::Problem;
use crate::limits::{DOCUMENT_DEPTH, DOCUMENT_NODES, PROBLEMS};

/// An object of fewer fields than this is looked through for a name given twice; of a larger one
/// there is a table of names.
const FEW: usize = 12;

/// A value and the line where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// What it is.
    pub(super) value: Value,
    /// Its line, from 1.
    pub(super) line: u32,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number from `i64::MIN` to `u64::MAX`.
    Int(i128),
    /// Any other number; always finite.
    Float(f64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Named values in order; names occur once.
    Map(Vec<Entry>),
    /// Something that was complained of already. Whoever meets it says nothing more.
    Broken,
}

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its name.
    pub(super) key: Arc<str>,
    /// The line of the name.
    pub(super) line: u32,
    /// The value.
    pub(super) node: Node,
}

impl Value {
    /// What it is, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null | Self::Broken => "nothing".to_owned(),
            Self::Bool(flag) => format!("`{flag}`"),
            Self::Int(number) => format!("the number `{number}`"),
            Self::Float(number) => format!("the number `{number:?}`"),
            Self::Text(text) => format!("the text {}", quote(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "an object".to_owned(),
        }
    }

    /// The number that digits stand for: whole where it fits, else the nearest fraction. `None`
    /// when it is too large to be written as either.
    pub(super) fn number(whole: Option<i128>, text: &str) -> Option<Self> {
        match whole {
            Some(number) if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number) => Some(Self::Int(number)),
            _ => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Float),
        }
    }
}

/// Problems found so far, no more than one answer lists.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    /// Misspelt fields, with the names that were meant.
    pub(super) misspelt: Vec<Misspelt>,
}

impl Problems {
    /// Takes one down, unless there are enough.
    pub(super) fn add(&mut self, path: &str, line: u32, code: &'static str, message: impl Into<String>) {
        if !self.full() {
            self.list.push(Problem::error(path, code, message).at_line(Some(line)));
        }
    }

    /// Whether looking further is pointless.
    pub(super) fn full(&self) -> bool {
        self.list.len() >= PROBLEMS
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Those found so far, in the order they were found.
    pub(super) fn list(&self) -> &[Problem] {
        &self.list
    }

    /// Takes down problems found otherwise, unless there are enough.
    pub(super) fn extend(&mut self, problems: Vec<Problem>) {
        self.list.extend(problems);
        self.list.truncate(PROBLEMS);
    }

    /// All of them, from the top of the document to its end.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|problem| problem.line);
        self.list
    }
}

/// Says that reading cannot go on. The reason is among the problems.
#[derive(Debug)]
pub(super) struct Stop;

/// How large a tree may become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    depth: usize,
    nodes: usize,
}

impl Bounds {
    /// Those for documents from outside.
    pub(super) const DOCUMENT: Self = Self { depth: DOCUMENT_DEPTH, nodes: DOCUMENT_NODES };
    /// None, for what the library wrote itself.
    pub(super) const NONE: Self = Self { depth: usize::MAX, nodes: usize::MAX };
}

#[derive(Debug)]
enum Frame {
    List {
        line: u32,
        items: Vec<Node>,
    },
    /// `seen` is empty as long as there are few entries.
    Map {
        line: u32,
        entries: Vec<Entry>,
        seen: HashSet<Arc<str>>,
        open: Option<OpenKey>,
    },
}

#[derive(Debug)]
struct OpenKey {
    key: Arc<str>,
    line: u32,
    repeated: bool,
}

/// Puts a tree together from what a reader meets.
#[derive(Debug)]
pub(super) struct Builder<'p> {
    stack: Vec<Frame>,
    root: Option<Node>,
    nodes: usize,
    bounds: Bounds,
    problems: &'p mut Problems,
}

impl<'p> Builder<'p> {
    /// An empty tree.
    pub(super) fn new(bounds: Bounds, problems: &'p mut Problems) -> Self {
        Self { stack: Vec::new(), root: None, nodes: 0, bounds, problems }
    }

    /// Whether an object is open that waits for its next name.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Map { open: None, .. }))
    }

    /// Whether an object is open, innermost.
    pub(super) fn in_map(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Map { .. }))
    }

    /// Whether looking further is pointless.
    pub(super) fn full(&self) -> bool {
        self.problems.full()
    }

    /// Whether nothing is open.
    pub(super) fn at_top(&self) -> bool {
        self.stack.is_empty()
    }

    /// Takes a problem down at the present place.
    pub(super) fn problem(&mut self, line: u32, code: &'static str, message: impl Into<String>) {
        let path = self.path();
        self.problems.add(&path, line, code, message);
    }

    /// Takes a problem down and gives up.
    pub(super) fn stop(&mut self, line: u32, code: &'static str, message: impl Into<String>) -> Stop {
        self.problem(line, code, message);
        Stop
    }

    /// The name of the next value of the object.
    pub(super) fn key(&mut self, text: &str, line: u32) -> Result<(), Stop> {
        let key: Arc<str> = text.into();
        let mut repeated = false;
        if let Some(Frame::Map { entries, seen, open, .. }) = self.stack.last_mut() {
            if entries.len() < FEW {
                repeated = entries.iter().any(|entry| *entry.key == *key);
            } else {
                if seen.is_empty() {
                    seen.extend(entries.iter().map(|entry| Arc::clone(&entry.key)));
                }
                repeated = !seen.insert(Arc::clone(&key));
            }
            *open = Some(OpenKey { key, line, repeated });
        }
        if repeated {
            let message = format!("{} stands here twice; keep one of them", quote(text));
            self.problem(line, "duplicate_key", message);
        }
        if self.problems.full() { Err(Stop) } else { Ok(()) }
    }

    /// A value that holds no others.
    pub(super) fn scalar(&mut self, value: Value, line: u32) -> Result<(), Stop> {
        self.count(line)?;
        self.attach(Node { value, line });
        Ok(())
    }

    /// The beginning of a list.
    pub(super) fn open_list(&mut self, line: u32) -> Result<(), Stop> {
        self.open(line, Frame::List { line, items: Vec::new() })
    }

    /// The beginning of an object.
    pub(super) fn open_map(&mut self, line: u32) -> Result<(), Stop> {
        self.open(line, Frame::Map { line, entries: Vec::new(), seen: HashSet::new(), open: None })
    }

    /// The end of the innermost list or object.
    pub(super) fn close(&mut self) {
        match self.stack.pop() {
            Some(Frame::List { line, items }) => self.attach(Node { value: Value::List(items), line }),
            Some(Frame::Map { line, entries, .. }) => self.attach(Node { value: Value::Map(entries), line }),
            None => {}
        }
    }

    /// The tree; an empty text is nothing on line 1.
    pub(super) fn finish(self) -> Node {
        self.root.unwrap_or(Node { value: Value::Null, line: 1 })
    }

    fn open(&mut self, line: u32, frame: Frame) -> Result<(), Stop> {
        self.count(line)?;
        if self.stack.len() >= self.bounds.depth {
            let message =
                format!("the document is nested deeper than {} (DOCUMENT_DEPTH); flatten it", self.bounds.depth);
            return Err(self.stop(line, "too_deep", message));
        }
        self.stack.push(frame);
        Ok(())
    }

    fn count(&mut self, line: u32) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > self.bounds.nodes {
            let message = format!("the document has more than {} values (DOCUMENT_NODES); split it", self.bounds.nodes);
            return Err(self.stop(line, "too_big", message));
        }
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map { entries, open, .. }) => {
                if let Some(OpenKey { key, line, repeated: false }) = open.take() {
                    entries.push(Entry { key, line, node });
                }
            }
        }
    }

    fn path(&self) -> String {
        let mut path = Path::default();
        for frame in &self.stack {
            match frame {
                Frame::List { items, .. } => path.push_index(items.len()),
                Frame::Map { open: Some(open), .. } => path.push_key(&open.key),
                Frame::Map { open: None, .. } => continue,
            };
        }
        path.into_string()
    }
}
