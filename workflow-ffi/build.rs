//! Gives the shared library its soname: `libworkflow.so.1` for every version 0.x of one ABI.

/// The number in the soname. It goes up when a program that was linked with the library before
/// could no longer run with it; see docs/c.md, "Upgrades".
const ABI: u32 = 1;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "linux" | "freebsd" | "netbsd" | "openbsd" | "android" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libworkflow.so.{ABI}");
        }
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libworkflow.{ABI}.dylib"),
        _ => {}
    }
}
