//! Asks a program of `tests/oracle` at the root of the workspace; see the README there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The interpreter: the one that `WORKFLOW_PYTHON` names, else that of `.venv`.
fn python(root: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("WORKFLOW_PYTHON").filter(|name| !name.is_empty());
    named.map(PathBuf::from).or_else(|| Some(root.join(".venv/bin/python")).filter(|python| python.exists()))
}

/// What a program answers; `None`, with the reason printed, where there is no Python.
///
/// # Panics
/// When the program fails, and without Python where the variable `CI` is set.
pub(crate) fn ask(program: &str, question: &Value) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Some(python) = python(&root) else {
        let reason = "no Python for the oracle: set WORKFLOW_PYTHON or run `make venv`";
        assert!(std::env::var_os("CI").is_none(), "{reason}");
        println!("SKIPPED {program}: {reason}");
        return None;
    };
    let mut child = Command::new(&python)
        .arg(root.join("tests/oracle").join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not run: {error}", python.display()));
    // The program reads all before it writes anything.
    let written = child.stdin.take().expect("a pipe").write_all(question.to_string().as_bytes());
    let output = child.wait_with_output().expect("an answer");
    assert!(output.status.success(), "{program} failed: {}", output.status);
    written.expect("the question was read");
    Some(serde_json::from_slice(&output.stdout).expect("the answer is JSON"))
}

/// SplitMix64: the same cases on every machine.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
