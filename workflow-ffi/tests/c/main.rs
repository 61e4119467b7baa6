//! The library as C programs meet it. The programs are in `tests/c` and `examples/c`.

mod compiler;
mod declarations;
mod header;
mod legacy;
mod matrix;
mod programs;
mod symbols;
