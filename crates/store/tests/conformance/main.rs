//! One suite, run on both engines: whatever the store promises, it promises on SQLite and on PostgreSQL.
//!
//! A test is written once with [`on_both`] over a [`Ground`]: a fresh place for one installation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't set up its case must stop")]

mod ground;
mod stage;

mod accounts;
mod alerts;
mod attachments;
mod backup;
mod bounces;
mod campaign_tests;
mod contact_notes;
mod critical;
mod deletion;
mod digests;
mod exporting;
mod feed_breaks;
mod feed_health;
mod grading;
mod http_doors;
mod inbound_log;
mod laws_again;
mod laws_any_order;
mod laws_durable;
mod laws_in_doubt;
mod laws_least_data;
mod laws_named;
mod laws_never_again;
mod laws_one_gate;
mod laws_one_per_order;
mod laws_order_first;
mod laws_trace;
mod ledger;
mod list_uploads;
mod live_sending;
mod lost_time;
mod mail_folders;
mod making_room;
mod many_mails;
mod many_orders;
mod member_mail;
mod members;
mod messaged_elsewhere;
mod numbers;
mod opening;
mod order_facts;
mod orders;
mod outbox;
mod outbox_search;
mod planning;
mod plans;
mod recent_orders;
mod retention;
mod reviewing;
mod second_factor;
mod self_tests;
mod sender_trials;
mod sending_stops;
mod settling;
mod split_tests;
mod statements;
mod suppression_report;
mod suppression_search;
mod suppressions;

pub(crate) use ground::{Ground, at};

/// Writes one test body and runs it on each engine, as `name::sqlite` and `name::postgres`.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($ground:ident: Ground) $body:block)+) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn story($ground: Ground) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    story(Ground::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    if let Some(ground) = Ground::postgres() {
                        story(ground).await;
                    }
                }
            }
        )+
    };
}
pub(crate) use on_both;
