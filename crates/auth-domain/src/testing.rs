//! Ports that hold still, for tests.
