//! What every page has around its own part: title, navigation, the form's token, and what was just done.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use model::Account;
use model::account::Delivery;
use model::member::Role;
use model::sending::{SendingStop, StopScope};
use model::suppression::{SuppressionReason, SuppressionRow, SuppressionState};
use serde::Deserialize;

use crate::admission::{Guest, InAccount, SignedIn};
use crate::assets::Assets;
use crate::language::{say, say_filled, say_with};
use crate::problem::Problem;
use crate::when::When;
use crate::words::Timed;

/// A page of an account that the navigation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Overview,
    Review,
    OptOuts,
    Orders,
    Outbox,
    Inbound,
    Campaigns,
    Ledger,
    Members,
    Settings,
}

impl Here {
    const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Overview, "Overview", ""),
        (Self::Review, "Review", "/review"),
        (Self::OptOuts, "Opt-outs", "/opt-outs"),
        (Self::Orders, "Orders", "/orders"),
        (Self::Outbox, "Outbox", "/outbox"),
        (Self::Inbound, "Inbound", "/inbound"),
        (Self::Campaigns, "Campaigns", "/campaigns"),
        (Self::Ledger, "Ledger", "/ledger"),
        (Self::Members, "Members", "/members"),
        (Self::Settings, "Settings", "/settings"),
    ];
}

/// A link of the navigation.
pub(crate) struct Link {
    pub label: &'static str,
    pub path: String,
    pub here: bool,
}

/// The account that a page is about.
pub(crate) struct Nav {
    pub handle: String,
    pub name: String,
    pub links: Vec<Link>,
    role: Role,
    /// Whether all stores capture.
    pub captures: bool,
    /// What stops live sending, in words: where, since when and by whom.
    pub stops: Vec<Stopped>,
}

/// A stop of live sending, as pages show it.
pub(crate) struct Stopped {
    pub place: String,
    /// The store's code; empty for the account.
    pub store: String,
    pub since: When,
    pub by: String,
    /// Whether the member may take it back on this page.
    pub resumable: bool,
}

impl Stopped {
    fn of(stop: &SendingStop, role: Role) -> Self {
        let (place, store, ours) = match stop.scope {
            StopScope::Installation => (say("the whole installation").to_owned(), String::new(), false),
            StopScope::Account(_) => (say("this account").to_owned(), String::new(), true),
            StopScope::Store(_, store) => (format!("Amazon {}", say(store.facts().country)), store.to_string(), true),
        };
        Self { place, store, since: stop.since.when(), by: stop.by.clone(), resumable: ours && role == Role::Owner }
    }
}

/// What stands around a page's own part.
pub(crate) struct Frame {
    pub title: String,
    pub assets: &'static Assets,
    pub form_token: String,
    pub email: Option<String>,
    pub nav: Option<Nav>,
    pub said: Option<String>,
    pub trouble: Option<String>,
    pub htmx: bool,
}

impl Frame {
    /// `title` is ours and told in the reader's language; a name that somebody gave goes through [`Self::named`].
    fn new(title: &'static str, form_token: &str) -> Self {
        Self {
            title: say(title).to_owned(),
            assets: Assets::get(),
            form_token: form_token.to_owned(),
            email: None,
            nav: None,
            said: None,
            trouble: None,
            htmx: false,
        }
    }

    pub fn for_guest(guest: &Guest, title: &'static str) -> Self {
        Self::new(title, &guest.form_token)
    }

    pub fn for_member(signed_in: &SignedIn, title: &'static str) -> Self {
        Self { email: Some(signed_in.member.email.clone()), ..Self::new(title, &signed_in.form_token) }
    }

    pub fn in_account(visit: &InAccount, here: Here, title: &'static str) -> Self {
        Self {
            email: Some(visit.member.email.clone()),
            nav: Some(Nav::new(visit, here)),
            ..Self::new(title, &visit.form_token)
        }
    }

    /// Under a title with a name in it, which stays as it is.
    pub fn named(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// Says what was just done.
    pub fn said(mut self, done: &Done) -> Self {
        self.said = done.sentence();
        self
    }

    /// Says what did not work.
    pub fn trouble(mut self, trouble: Option<&str>) -> Self {
        self.trouble = trouble.map(say_filled);
        self
    }

    /// With the script that searches as one types.
    pub fn searching(mut self) -> Self {
        self.htmx = true;
        self
    }
}

impl Nav {
    fn new(visit: &InAccount, here: Here) -> Self {
        let account: &Account = &visit.account;
        // Members are the owners' business.
        let mine = Here::ALL.into_iter().filter(|(place, ..)| *place != Here::Members || visit.role == Role::Owner);
        let links = mine.map(|(place, label, path)| Link {
            label,
            path: format!("/a/{}{path}", account.handle),
            here: place == here,
        });
        Self {
            handle: account.handle.to_string(),
            name: account.name.clone(),
            links: links.collect(),
            role: visit.role,
            captures: account.sellers.iter().all(|seller| seller.delivery == Delivery::Capture),
            stops: visit.stops.iter().map(|stop| Stopped::of(stop, visit.role)).collect(),
        }
    }
}

/// What the member may do here: forms that he may not send are not shown.
impl Nav {
    pub const fn may_change(&self) -> bool {
        self.role.may_change()
    }

    pub const fn may_configure(&self) -> bool {
        self.role.may_configure()
    }

    /// May switch between capture and live.
    pub const fn may_go_live(&self) -> bool {
        matches!(self.role, Role::Owner)
    }

    pub fn may_remove(&self, entry: &SuppressionRow) -> bool {
        let may = entry.reason != SuppressionReason::OptOut || self.role.may_remove_opt_out();
        entry.state != SuppressionState::Removed && self.may_change() && may
    }

    pub fn may_confirm(&self, entry: &SuppressionRow) -> bool {
        entry.state == SuppressionState::Held && self.may_change()
    }
}

/// What the page before has done, told by its address: a word of ours and numbers, never data.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Done {
    #[serde(default, rename = "done")]
    what: String,
    #[serde(default)]
    withdrawn: Option<u64>,
    #[serde(default)]
    leaving: Option<u64>,
    #[serde(default)]
    gone: Option<u64>,
    #[serde(default)]
    orders: Option<u64>,
    #[serde(default)]
    messages: Option<u64>,
}

impl Done {
    fn sentence(&self) -> Option<String> {
        let sentence = match self.what.as_str() {
            "stopped" => "The order is stopped: nothing proactive leaves for it.",
            "blocked" => "The buyer is blocked: nothing proactive leaves to him.",
            "stood" => "This stood in the list already; nothing was changed.",
            "removed" => "The entry was removed. The ledger keeps who removed it and why.",
            "confirmed" => "The entry is confirmed and acts from now on.",
            "decided" => "Decided. It can be undone below.",
            "undone" => "Undone: it waits again, and what it may forbid is held until then.",
            "forgotten" => "Forgotten: later mails of that form wait for you again.",
            "answered" => "The buyer's question is noted as answered.",
            "seen" => "Noted as seen.",
            "reissued" => {
                "A new address was issued. Put it where the old one stands; the old one is taken for 90 more days."
            }
            "testing" => "A marked mail goes to your mailbox; it has a day to come in here. Its result stands below.",
            "withdrawn" => "The message was withdrawn.",
            "chosen_withdrawn" if self.withdrawn == Some(0) && self.gone == Some(0) => {
                "No message was chosen; nothing was changed."
            }
            "chosen_withdrawn" => "Done.",
            "critical_sent" => "Noted as sent in Seller Central. The ledger keeps who said so.",
            "critical_withdrawn" => "Taken back: it was not sent, and counts towards no limit any more.",
            "settled_sent" => "Settled: it left. It keeps the order's one message as used.",
            "settled_not_sent" => "Settled: it did not leave. It comes before the gate anew while its time lasts.",
            "live" => "The store is live: its messages leave from now on.",
            "captures" => "The store captures again: messages are kept here, and nothing leaves.",
            "sending_stopped" => {
                "Live sending is stopped. What was under way ends within seconds; everything else waits."
            }
            "sending_resumed" => "The stop is taken back.",
            "lifted" => "The restriction is noted as reviewed: messages may leave again.",
            "campaign_added" => "Kept, switched off. Switch it on when you have read it once more.",
            "campaign_kept" => "Kept. What it had planned is planned anew by the version below.",
            "campaign_on" => "It is on.",
            "campaign_test" => "It is in test: nothing of it leaves to buyers.",
            "campaign_off" => "It is off; nothing it has planned leaves.",
            "account_added" => "The account is made. What is left to do stands here.",
            "account_deleted" => "The account is deleted. The last of it is being erased now.",
            "note_left" => "Thank you. The operator finds it on his dashboard.",
            "note_done" => "Done, and erased.",
            "settings_kept" => "Kept. The ledger keeps who changed it.",
            "store_added" => "The store was added. It captures, and has inbound addresses of its own.",
            "address_issued" => {
                "A new address was issued. Keep it to yourself: whoever knows it can put buyers on the list."
            }
            "address_revoked" => "Revoked: no mail is taken there any more.",
            "folder_set" => "Kept. Abide connects within seconds; how it fares stands below.",
            "folder_removed" => "The folder is watched no more; the mailbox is as it was.",
            "sender_set" => "Kept. It is tried out now; the result stands below.",
            "sender_removed" => "Taken away: messages of this store wait once it is live.",
            "sender_trial" => "It is tried out; the result stands below.",
            "sender_trial_soon" => "It was just tried out, or is being tried; please wait a moment.",
            "recovered" => {
                "You are in by a recovery code, which is used up now. If the device is lost, switch the second step off below, with another one."
            }
            "factor_off" => "The second step is off: your password alone lets you in.",
            "factor_reset" => "His second step is off, and he is signed out everywhere.",
            "factor_none" => "He has no second step; nothing was changed.",
            "role_changed" => "The role is changed.",
            "member_removed" => "He is no member of this account any more.",
            "password_changed" => "Your password is changed, and you are signed out everywhere else.",
            "sessions_ended" => "Signed out there.",
            "joined" => "Welcome. Your password is set.",
            "welcome" => "Welcome. You run this installation now.",
            _ => return None,
        };
        let mut sentence = say(sentence).to_owned();
        let mut add = |more: &str| sentence.extend([" ", more]);
        match self.withdrawn {
            Some(1) => add(say("One waiting message was withdrawn.")),
            Some(n) if n > 1 => add(&say_with("{n} waiting messages were withdrawn.", &[("n", &n)])),
            _ => {}
        }
        match (self.orders, self.messages) {
            (Some(0), _) => {
                add(say("No order of the last 30 days is known, so nobody can say whom it reaches."));
            }
            (Some(orders), Some(messages)) => {
                let reach = "Orders of the last 30 days: {orders}; it would reach {messages} of them.";
                add(&say_with(reach, &[("orders", &orders), ("messages", &messages)]));
            }
            _ => {}
        }
        if let Some(gone) = self.gone.filter(|gone| *gone > 0) {
            let stayed = "Of those chosen, {gone} did not wait any more and stayed as they were.";
            add(&say_with(stayed, &[("gone", &gone)]));
        }
        if self.leaving.is_some_and(|n| n > 0) {
            add(say("A message was already leaving and may still arrive."));
        }
        Some(sentence)
    }
}

/// A page as an answer.
pub(crate) fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::fault("a template could not be filled in"))?;
    Ok(Html(html).into_response())
}
