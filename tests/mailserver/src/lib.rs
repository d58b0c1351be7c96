//! Mail servers for tests.
