//! Durability by tracing.
