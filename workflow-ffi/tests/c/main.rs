//! The library as C programs meet it. The programs are in `tests/c` and `examples/c`.

mod compiler;
mod declarations;
mod guide;
mod header;
mod install;
mod legacy;
mod matrix;
mod programs;
mod symbols;
