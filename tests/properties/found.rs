//! Sequences that broke a law once.

use crate::draw::Step;
use crate::laws::every_store_ends_alike;

#[test]
fn s11_1_a_template_saved_twice_can_be_deleted_from_a_file() {
    every_store_ends_alike(&[Step([89, 603, 371, 1, 0, 0, 0, 0]), Step([89, 177, 926, 0, 0, 0, 0, 0])]);
}
