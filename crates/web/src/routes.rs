//! Every route of the dashboard, each with what it needs and what comes with it. A page that is not in this table
//! does not exist, and the tests walk the table.

use std::convert::Infallible;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use crate::admission::{self, Brings, Needs};
use crate::forms::LARGEST_FORM;
use crate::pages;
use crate::problem::Problem;
use crate::state::{Dashboard, WebState};
use crate::{assets, guard, language};

/// A page or an action.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may.
    pub needs: Needs,
    /// What comes with the request.
    pub brings: Brings,
    /// The most bytes that may come.
    limit: usize,
    handler: MethodRouter<Dashboard>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.needs)
    }
}

fn page(path: &'static str, needs: Needs, handler: MethodRouter<Dashboard>) -> Route {
    Route { method: "GET", path, needs, brings: Brings::Nothing, limit: LARGEST_FORM, handler }
}

fn form(path: &'static str, needs: Needs, handler: MethodRouter<Dashboard>) -> Route {
    Route { method: "POST", path, needs, brings: Brings::Form, limit: LARGEST_FORM, handler }
}

fn file(path: &'static str, limit: usize, handler: MethodRouter<Dashboard>) -> Route {
    Route { method: "POST", path, needs: Needs::Change, brings: Brings::File, limit, handler }
}

/// A campaign's text alone, to look at what it would do.
fn long_form(path: &'static str, handler: MethodRouter<Dashboard>) -> Route {
    let limit = pages::campaign_preview::LARGEST;
    Route { method: "POST", path, needs: Needs::Configure, brings: Brings::Form, limit, handler }
}

/// A campaign's text with the files that go with it.
fn draft(path: &'static str, handler: MethodRouter<Dashboard>) -> Route {
    let limit = pages::campaign_draft::LARGEST;
    Route { method: "POST", path, needs: Needs::Configure, brings: Brings::File, limit, handler }
}

/// All routes.
pub fn routes() -> Vec<Route> {
    use Needs::{Anyone, Change, Configure, Look, Nothing, Own, SignedIn};
    vec![
        page("/", SignedIn, get(pages::accounts::home)),
        page("/assets/{file}", Nothing, get(assets::file)),
        page("/welcome", Anyone, get(pages::welcome::show)),
        form("/welcome", Anyone, post(pages::welcome::accept)),
        page("/sign-in", Anyone, get(pages::sign_in::show)),
        form("/sign-in", Anyone, post(pages::sign_in::accept)),
        page("/sign-in/code", Anyone, get(pages::sign_in_code::show)),
        form("/sign-in/code", Anyone, post(pages::sign_in_code::accept)),
        form("/sign-out", SignedIn, post(pages::sign_out::accept)),
        page("/help", Anyone, get(pages::help::show)),
        page("/design", Anyone, get(pages::design::show)),
        form("/help/contact", Anyone, post(pages::contact::accept)),
        form("/notes/{note}/done", SignedIn, post(pages::contact::done)),
        form("/accounts", SignedIn, post(pages::account_new::accept)),
        page("/me", SignedIn, get(pages::me::show)),
        form("/me/password", SignedIn, post(pages::me::change_password)),
        form("/me/second-factor/prepare", SignedIn, post(pages::second_factor::prepare)),
        form("/me/second-factor/confirm", SignedIn, post(pages::second_factor::confirm)),
        form("/me/second-factor/off", SignedIn, post(pages::second_factor::switch_off)),
        form("/me/sessions", SignedIn, post(pages::me::end_others)),
        page("/accounts", SignedIn, get(pages::accounts::list)),
        form("/sending/stop", SignedIn, post(pages::sending::stop_all)),
        form("/sending/resume", SignedIn, post(pages::sending::resume_all)),
        page("/a/{handle}", Look, get(pages::overview::show)),
        page("/a/{handle}/numbers", Look, get(pages::numbers::show)),
        form("/a/{handle}/sending/stop", Configure, post(pages::sending::stop)),
        form("/a/{handle}/sending/resume", Own, post(pages::sending::resume)),
        page("/a/{handle}/live/{store}", Look, get(pages::live::show)),
        form("/a/{handle}/live/{store}", Own, post(pages::live::accept)),
        form("/a/{handle}/live/{store}/capture", Configure, post(pages::live::capture)),
        form("/a/{handle}/alerts/{alert}/seen", Change, post(pages::alert_seen::accept)),
        form("/a/{handle}/addresses/{address}/reissue", Configure, post(pages::address_reissue::accept)),
        form("/a/{handle}/feed/test", Configure, post(pages::feed_test::accept)),
        form("/a/{handle}/restriction/lift", Configure, post(pages::restriction_lift::accept)),
        page("/a/{handle}/opt-outs", Look, get(pages::opt_outs::show)),
        form("/a/{handle}/opt-outs/search", Look, post(pages::opt_outs::search)),
        form("/a/{handle}/opt-outs/add", Change, post(pages::opt_out_add::accept)),
        form("/a/{handle}/opt-outs/{entry}/remove", Change, post(pages::opt_out_decide::remove)),
        form("/a/{handle}/opt-outs/{entry}/confirm", Change, post(pages::opt_out_decide::confirm)),
        page("/a/{handle}/opt-outs/import", Change, get(pages::opt_out_import::show)),
        file("/a/{handle}/opt-outs/import", pages::list_upload::LARGEST, post(pages::opt_out_import::accept)),
        page("/a/{handle}/opt-outs/export", Look, get(pages::opt_out_export::download)),
        page("/a/{handle}/opt-outs/{entry}", Look, get(pages::opt_out_report::show)),
        page("/a/{handle}/orders", Look, get(pages::orders::show)),
        file("/a/{handle}/orders", pages::order_upload::LARGEST, post(pages::order_upload::accept)),
        form("/a/{handle}/orders/find", Look, post(pages::orders::find)),
        page("/a/{handle}/lists/{upload}", Change, get(pages::list_choose::show)),
        form("/a/{handle}/lists/{upload}", Change, post(pages::list_choose::accept)),
        page("/a/{handle}/messaged", Look, get(pages::messaged::show)),
        file("/a/{handle}/messaged", pages::list_upload::LARGEST, post(pages::messaged::accept)),
        form("/a/{handle}/messaged/{list}/remove", Configure, post(pages::messaged::remove)),
        page("/a/{handle}/orders/{order}", Look, get(pages::order::show)),
        form("/a/{handle}/orders/{order}/stop", Change, post(pages::order_stop::stop)),
        form("/a/{handle}/orders/{order}/block", Change, post(pages::order_stop::block)),
        page("/a/{handle}/orders/{order}/critical", Change, get(pages::critical::show)),
        form("/a/{handle}/orders/{order}/critical", Change, post(pages::critical::accept)),
        page("/a/{handle}/critical/{critical}", Look, get(pages::critical::sending)),
        form("/a/{handle}/critical/{critical}/sent", Change, post(pages::critical::sent)),
        form("/a/{handle}/critical/{critical}/withdraw", Change, post(pages::critical::withdraw)),
        page("/a/{handle}/outbox", Look, get(pages::outbox::show)),
        form("/a/{handle}/outbox/withdraw", Change, post(pages::message_withdraw::chosen)),
        page("/a/{handle}/outbox/{message}", Look, get(pages::message::show)),
        form("/a/{handle}/outbox/{message}/resolve", Change, post(pages::message::resolve)),
        form("/a/{handle}/outbox/{message}/withdraw", Change, post(pages::message_withdraw::accept)),
        page("/a/{handle}/inbound", Look, get(pages::inbound::show)),
        page("/a/{handle}/inbound/{mail}", Look, get(pages::mail::show)),
        page("/a/{handle}/review", Look, get(pages::review::list)),
        page("/a/{handle}/review/{notice}", Look, get(pages::review::show)),
        form("/a/{handle}/review/{notice}", Change, post(pages::review::decide)),
        form("/a/{handle}/review/{notice}/undo", Change, post(pages::review::undo)),
        form("/a/{handle}/review/{notice}/forget", Configure, post(pages::review::forget)),
        form("/a/{handle}/orders/{order}/answered", Change, post(pages::question_close::accept)),
        page("/a/{handle}/campaigns", Look, get(pages::campaigns::show)),
        page("/a/{handle}/campaigns/new", Configure, get(pages::campaign_new::show)),
        page("/a/{handle}/campaigns/dry-run", Look, get(pages::campaign_dry_run::show)),
        file("/a/{handle}/campaigns/dry-run", pages::order_upload::LARGEST, post(pages::campaign_dry_run::accept)),
        draft("/a/{handle}/campaigns/new", post(pages::campaign_new::accept)),
        long_form("/a/{handle}/campaigns/preview", post(pages::campaign_preview::of_new)),
        long_form("/a/{handle}/campaigns/{campaign}/preview", post(pages::campaign_preview::of_known)),
        page("/a/{handle}/campaigns/{campaign}", Look, get(pages::campaign::show)),
        draft("/a/{handle}/campaigns/{campaign}", post(pages::campaign::accept)),
        form("/a/{handle}/campaigns/{campaign}/on", Configure, post(pages::campaign_switch::on)),
        form("/a/{handle}/campaigns/{campaign}/test", Configure, post(pages::campaign_switch::test)),
        form("/a/{handle}/campaigns/{campaign}/off", Configure, post(pages::campaign_switch::off)),
        page("/a/{handle}/campaigns/{campaign}/text", Look, get(pages::campaign_versions::download)),
        page("/a/{handle}/campaigns/{campaign}/versions/{version}", Look, get(pages::campaign_versions::show)),
        page("/a/{handle}/members", Own, get(pages::members::show)),
        form("/a/{handle}/members", Own, post(pages::members::add)),
        form("/a/{handle}/members/{member}/role", Own, post(pages::members::change_role)),
        form("/a/{handle}/members/{member}/link", Own, post(pages::members::new_link)),
        form("/a/{handle}/members/{member}/second-factor", Own, post(pages::members::reset_second_factor)),
        form("/a/{handle}/members/{member}/remove", Own, post(pages::members::remove)),
        page("/a/{handle}/ledger", Look, get(pages::ledger::show)),
        page("/a/{handle}/setup", Look, get(pages::set_up::show)),
        page("/a/{handle}/settings", Look, get(pages::settings::show)),
        page("/a/{handle}/settings/delete", Own, get(pages::account_delete::show)),
        form("/a/{handle}/settings/delete", Own, post(pages::account_delete::accept)),
        page("/a/{handle}/settings/export", Own, get(pages::account_export::show)),
        form("/a/{handle}/settings/export", Own, post(pages::account_export::download)),
        form("/a/{handle}/settings/policy", Configure, post(pages::settings_change::change_policy)),
        form("/a/{handle}/settings/stores", Configure, post(pages::settings_change::add_store)),
        form("/a/{handle}/settings/stores/{store}/important", Own, post(pages::settings_change::switch_important)),
        form("/a/{handle}/settings/addresses", Configure, post(pages::settings_ways::add_address)),
        form("/a/{handle}/settings/addresses/{address}/revoke", Configure, post(pages::settings_ways::revoke_address)),
        form("/a/{handle}/settings/forwarders", Configure, post(pages::settings_ways::add_forwarder)),
        form("/a/{handle}/settings/forwarders/remove", Configure, post(pages::settings_ways::remove_forwarder)),
        page("/a/{handle}/settings/senders/{store}", Configure, get(pages::settings_sender::show)),
        form("/a/{handle}/settings/senders/{store}", Configure, post(pages::settings_sender::accept)),
        form("/a/{handle}/settings/senders/{store}/try", Configure, post(pages::settings_sender::try_out)),
        form("/a/{handle}/settings/senders/{store}/remove", Configure, post(pages::settings_sender::remove)),
        page("/a/{handle}/settings/folders/{place}", Configure, get(pages::settings_folder::show)),
        form("/a/{handle}/settings/folders/{place}", Configure, post(pages::settings_folder::accept)),
        form("/a/{handle}/settings/folders/{place}/remove", Configure, post(pages::settings_folder::remove)),
    ]
}

/// The dashboard as a router that the program mounts.
pub fn router(state: WebState) -> Router {
    let dashboard = Dashboard::new(state);
    let mut router = Router::new();
    for route in routes() {
        let (mine, needs, brings) = (dashboard.clone(), route.needs, route.brings);
        let handler = route
            .handler
            .layer::<_, Infallible>(from_fn(move |request, next| {
                admission::admit(mine.clone(), needs, brings, request, next)
            }))
            .layer::<_, Infallible>(DefaultBodyLimit::max(route.limit));
        router = router.route(route.path, handler);
    }
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::not_found() })
        .layer(from_fn_with_state(dashboard.clone(), language::choose))
        .layer(from_fn_with_state(dashboard.clone(), guard::stand))
        .with_state(dashboard)
}
