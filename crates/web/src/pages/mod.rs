//! The pages and actions, one a file.

pub(crate) mod account_delete;
pub(crate) mod account_export;
pub(crate) mod account_new;
pub(crate) mod accounts;
pub(crate) mod address_reissue;
pub(crate) mod alert_seen;
pub(crate) mod campaign;
pub(crate) mod campaign_draft;
pub(crate) mod campaign_dry_run;
pub(crate) mod campaign_new;
pub(crate) mod campaign_preview;
pub(crate) mod campaign_reach;
pub(crate) mod campaign_switch;
pub(crate) mod campaign_versions;
pub(crate) mod campaigns;
pub(crate) mod confirmation_requests;
pub(crate) mod contact;
pub(crate) mod critical;
pub(crate) mod design;
pub(crate) mod feed_test;
pub(crate) mod help;
pub(crate) mod inbound;
pub(crate) mod ledger;
pub(crate) mod list_choose;
pub(crate) mod list_upload;
pub(crate) mod live;
pub(crate) mod mail;
pub(crate) mod me;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod message_withdraw;
pub(crate) mod messaged;
pub(crate) mod numbers;
pub(crate) mod opt_out_add;
pub(crate) mod opt_out_decide;
pub(crate) mod opt_out_export;
pub(crate) mod opt_out_import;
pub(crate) mod opt_out_report;
pub(crate) mod opt_outs;
pub(crate) mod order;
pub(crate) mod order_stop;
pub(crate) mod order_upload;
pub(crate) mod orders;
pub(crate) mod outbox;
pub(crate) mod overview;
pub(crate) mod question_close;
pub(crate) mod restriction_lift;
pub(crate) mod review;
pub(crate) mod second_factor;
pub(crate) mod sending;
pub(crate) mod set_up;
pub(crate) mod settings;
pub(crate) mod settings_change;
pub(crate) mod settings_folder;
pub(crate) mod settings_sender;
pub(crate) mod settings_server;
pub(crate) mod settings_ways;
pub(crate) mod sign_in;
pub(crate) mod sign_in_code;
pub(crate) mod sign_out;
pub(crate) mod upload;
pub(crate) mod welcome;

use axum::extract::Query;
use model::Cursor;
use serde::Deserialize;

/// Rows of a page.
pub(crate) const ROWS: u32 = 50;

/// Where a page of a list begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Before {
    #[serde(default)]
    before: Option<String>,
}

impl Before {
    pub fn cursor(query: Query<Self>) -> Option<Cursor> {
        query.0.before.map(Cursor)
    }
}
