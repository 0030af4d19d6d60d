//! Forty tests that do nothing: what the runner itself takes.

macro_rules! forty {
    ($($name:ident)*) => { $(#[test] fn $name() {})* };
}
include!("forty.in");
