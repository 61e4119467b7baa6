//! Builds programs in C and C++ against the library that this test was built with, and runs them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A language and its compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    C11,
    Cpp17,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::C11, Self::Cpp17];

    fn command(self) -> Command {
        let (variable, otherwise, arguments) = match self {
            Self::C11 => ("CC", "cc", ["-std=c11", "-x", "c"]),
            Self::Cpp17 => ("CXX", "c++", ["-std=c++17", "-x", "c++"]),
        };
        let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| otherwise.into()));
        command.args(arguments);
        command
    }
}

/// Which form of the library a program is linked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Shared,
    Static,
}

/// Whether the library was built with AddressSanitizer, and the programs are to be.
pub(crate) fn sanitized() -> bool {
    std::env::var_os("WORKFLOW_SANITIZER").is_some_and(|value| value == "address")
}

/// Whether programs run in Valgrind.
pub(crate) fn valgrind() -> bool {
    std::env::var_os("WORKFLOW_VALGRIND").is_some_and(|value| value == "1")
}

/// The repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the libraries are that programs are linked with: those that Cargo built for this test, or others of the same code.
pub(crate) fn libraries() -> PathBuf {
    if let Some(folder) = std::env::var_os("WORKFLOW_LIBRARIES") {
        return folder.into();
    }
    let test = std::env::current_exe().expect("this test's path");
    test.parent().expect("a folder").to_owned()
}

/// A program that was built, in a folder of its own.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    folder: tempfile::TempDir,
}

impl Program {
    /// Builds a program of one source file.
    #[track_caller]
    pub(crate) fn build(source: &Path, language: Language, link: Link) -> Self {
        Self::build_with(source, language, link, &[])
    }

    /// The same with more arguments for the compiler.
    #[track_caller]
    pub(crate) fn build_with(source: &Path, language: Language, link: Link, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program");
        let mut compiler = language.command();
        compiler
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-D_POSIX_C_SOURCE=200809L", "-pthread", "-I"])
            .arg(repository().join("include"))
            .arg(source)
            .args(["-x", "none"])
            .args(arguments);
        if sanitized() {
            compiler.args(["-fsanitize=address", "-fno-omit-frame-pointer"]);
        }
        match link {
            Link::Shared => {
                // The loader looks for the soname.
                let library = libraries().join("libworkflow.so");
                let alias = folder.path().join("libworkflow.so.1");
                std::os::unix::fs::symlink(&library, &alias).expect("a link to the library");
                compiler.arg(&alias).arg(format!("-Wl,-rpath,{}", folder.path().display()));
            }
            Link::Static => {
                compiler.arg(libraries().join("libworkflow.a")).args(["-lm", "-ldl", "-lpthread"]);
            }
        }
        let output = compiler.arg("-o").arg(&path).output().expect("a compiler");
        assert!(output.status.success(), "{} as {language:?}:\n{}", source.display(), Told(&output));
        Self { path, folder }
    }

    /// A folder for what the program writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs it in its folder; it must succeed. Answers what it printed.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program");
        assert!(output.status.success(), "{}", Told(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The same in Valgrind: it must lose no memory, and read none that is not its own.
    #[track_caller]
    pub(crate) fn run_in_valgrind(&self, arguments: &[&str]) {
        let output = self.in_valgrind(arguments).output().expect("valgrind");
        assert!(output.status.success(), "{}", Told(&output));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        if valgrind() {
            return self.in_valgrind(arguments);
        }
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn in_valgrind(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("valgrind");
        // Tables that live as long as the process count as possibly lost.
        command.args([
            "--quiet",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
            "--error-exitcode=99",
        ]);
        command.arg(&self.path).args(arguments).env("RUST_BACKTRACE", "0");
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

/// What a process said.
pub(crate) struct Told<'a>(pub &'a Output);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Output { status, stdout, stderr } = self.0;
        write!(f, "{status}\n{}\n{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
    }
}
