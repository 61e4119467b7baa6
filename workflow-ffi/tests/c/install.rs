//! `make install`: what it puts where, and that a program finds it.

use std::path::Path;
use std::process::Command;

use crate::compiler::{Told, libraries, repository, sanitized};

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a command");
    assert!(output.status.success(), "{command:?}: {}", Told(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// What pkg-config says of it, or would say where it is not installed.
fn flags(prefix: &Path) -> Vec<String> {
    let file = std::fs::read_to_string(prefix.join("lib/pkgconfig/workflow.pc")).expect("workflow.pc");
    assert!(file.contains(&format!("Version: {}\n", version())), "{file}");
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.args(["--cflags", "--libs", "workflow"]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    match pkg_config.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", Told(&output));
            String::from_utf8(output.stdout).expect("UTF-8").split_whitespace().map(str::to_owned).collect()
        }
        Err(_) => {
            let (include, lib) = (prefix.join("include"), prefix.join("lib"));
            vec![format!("-I{}", include.display()), format!("-L{}", lib.display()), "-lworkflow".to_owned()]
        }
    }
}

#[test]
fn c1_the_library_is_installed_and_found() {
    if sanitized() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("usr");
    let script = repository().join("packaging/install.sh");
    run(Command::new(&script).arg(libraries()).arg(&prefix));

    let program = folder.path().join("host_store");
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-o"]).arg(&program).arg(repository().join("examples/c/host_store.c"));
    run(compiler.args(flags(&prefix)).arg("-lpthread"));
    let needed = run(Command::new("readelf").arg("-d").arg(&program));
    assert!(needed.contains("[libworkflow.so.1]"), "{needed}");
    let loaded = run(Command::new("ldd").arg(&program).env("LD_LIBRARY_PATH", prefix.join("lib")));
    assert!(loaded.contains(&format!("{}/lib/libworkflow.so.1", prefix.display())), "{loaded}");

    let schema = std::fs::read_to_string(prefix.join("share/workflow/schema/request.schema.json")).expect("a schema");
    assert!(serde_json::from_str::<serde_json::Value>(&schema).is_ok());
    let page = std::fs::read_to_string(prefix.join("share/man/man7/workflow.7")).expect("a manual page");
    assert!(page.starts_with(".TH WORKFLOW 7") && page.contains(".SH UPGRADES"));
    assert_eq!(page.matches(".nf").count(), page.matches(".fi").count());
    for cmake in ["WorkflowConfig.cmake", "WorkflowConfigVersion.cmake"] {
        let text = std::fs::read_to_string(prefix.join("lib/cmake/Workflow").join(cmake)).expect(cmake);
        assert!(text.contains(version()) && !text.contains('@'), "{text}");
    }
    if Command::new("cmake").arg("--version").output().is_ok() {
        builds_with_cmake(&prefix, &folder.path().join("project"));
    }
}

/// A project that finds the library by its CMake package.
fn builds_with_cmake(prefix: &Path, project: &Path) {
    let list = format!(
        "cmake_minimum_required(VERSION 3.15)\nproject(host C)\nfind_package(Workflow 0.1 REQUIRED)\n\
         add_executable(host \"{}\")\ntarget_link_libraries(host Workflow::workflow)\n",
        repository().join("tests/c/first.c").display()
    );
    std::fs::create_dir(project).expect("a folder");
    std::fs::write(project.join("CMakeLists.txt"), list).expect("written");
    let build = project.join("build");
    let prefix = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    run(Command::new("cmake").arg("-S").arg(project).arg("-B").arg(&build).arg(prefix));
    run(Command::new("cmake").arg("--build").arg(&build));
    assert!(run(Command::new(build.join("host")).arg("memory:")).contains(version()));
}

/// DESTDIR stands before the prefix, and in no file.
#[test]
fn c1_an_install_can_be_staged() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = repository().join("packaging/install.sh");
    run(Command::new(&script).arg(libraries()).arg("/opt/workflow").env("DESTDIR", folder.path()));
    let root = folder.path().join("opt/workflow");
    assert!(root.join("lib").join(format!("libworkflow.so.{}", version())).is_file());
    let file = std::fs::read_to_string(root.join("lib/pkgconfig/workflow.pc")).expect("workflow.pc");
    assert!(file.starts_with("prefix=/opt/workflow\n"), "{file}");
}
