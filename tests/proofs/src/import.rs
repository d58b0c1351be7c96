//! An order import beside a stream of notices.
