//! Somebody who looks at every page: he follows links from the account's overview, and takes the first page of each kind.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use store::Store;
use tower::ServiceExt;
use web::{WebSettings, WebState};

const HOST: &str = "127.0.0.1:8080";
/// The longest page that is taken for one.
const LONGEST: usize = 8 << 20;
/// Kinds that one account has at most.
const KINDS: usize = 200;

/// Pages of a kind that are measured in turn.
const OF_A_KIND: usize = 100;

/// Lists as members narrow them, which no link leads to.
const NARROWED: [&str; 13] = [
    "/opt-outs?reason=opt_out",
    "/opt-outs?reason=block&store=DE",
    "/opt-outs?store=DE&from=2026-01-01&to=2026-02-01",
    "/opt-outs?from=2025-06-01&to=2025-06-02",
    "/outbox?state=sent",
    "/outbox?state=refused&store=DE",
    "/outbox?state=unknown",
    "/outbox?state=withdrawn&from=2026-01-01&to=2026-01-03",
    "/outbox?store=DE",
    "/outbox?store=US&state=failed",
    "/outbox?from=2026-03-01&to=2026-03-02",
    "/numbers?days=30",
    "/numbers?days=365",
];

/// Pages that a walk does not come to, and why that is right.
const ELSEWHERE: [&str; 11] = [
    // For who is not signed in yet.
    "/",
    "/welcome",
    "/sign-in",
    "/sign-in/code",
    "/assets/{id}",
    // Downloads, written as they are read.
    "/a/{handle}/opt-outs/export",
    "/a/{handle}/campaigns/{id}/text",
    // Of what this account does not have: an upload, a critical message, a notice that waits, an older version.
    "/a/{handle}/lists/{id}",
    "/a/{handle}/critical/{id}",
    "/a/{handle}/review/{id}",
    "/a/{handle}/campaigns/{id}/versions/{id}",
];

/// A browser without a browser.
pub struct Visitor {
    router: Router,
    session: String,
}

impl Visitor {
    pub fn new(store: &Arc<Store>, session: &str) -> Self {
        let explaining = Arc::clone(store);
        let explain: web::Explain = Arc::new(move |account, order, clock| {
            let store = Arc::clone(&explaining);
            Box::pin(async move { delivery::explain(&store, account, order, clock).await })
        });
        let reaching = Arc::clone(store);
        let reach: web::AskReach = Arc::new(move |account, campaign, clock| {
            let store = Arc::clone(&reaching);
            Box::pin(async move { delivery::reach(&store, account, &campaign, clock).await })
        });
        let settings = WebSettings::local(SocketAddr::from(([127, 0, 0, 1], 8080)), "in.example.com");
        let router = web::router(WebState { store: Arc::clone(store), settings, explain, reach });
        Self { router, session: session.to_owned() }
    }

    /// A page, read to its end.
    pub async fn get(&self, path: &str) -> Result<String, String> {
        let request = Request::get(path)
            .header("host", HOST)
            .header("cookie", format!("abide={}", self.session))
            .body(Body::empty())
            .map_err(|error| error.to_string())?;
        let answer = self.router.clone().oneshot(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("{path} was answered with {status}"));
        }
        let bytes = to_bytes(answer.into_body(), LONGEST).await.map_err(|error| error.to_string())?;
        String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
    }

    /// Pages of each kind that links lead to, the narrowed lists with what follows on them, and what is named besides. The links of
    /// a kind's first page are followed; others of its kind are kept, so that not the same rows are read over and over.
    pub async fn walk(&self, account: &str, besides: Vec<String>) -> Result<BTreeMap<String, Vec<String>>, String> {
        let mut waiting: VecDeque<String> = [account, "/accounts", "/me", "/help", "/design"].map(str::to_owned).into();
        waiting.extend(NARROWED.map(|rest| format!("{account}{rest}")));
        waiting.extend(besides);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(path) = waiting.pop_front() {
            let kind = kind_of(&path);
            if found.len() >= KINDS || ELSEWHERE.contains(&kind.as_str()) {
                continue;
            }
            let of_kind = found.entry(kind).or_default();
            if of_kind.is_empty() {
                waiting.extend(links(&self.get(&path).await?));
            }
            if of_kind.len() < OF_A_KIND && !of_kind.contains(&path) {
                of_kind.push(path);
            }
        }
        let all = web::routes();
        let routes = all.iter().filter(|route| route.method == "GET").map(|route| named_alike(route.path));
        let lacking: Vec<String> =
            routes.filter(|route| !found.contains_key(route) && !ELSEWHERE.contains(&route.as_str())).collect();
        if lacking.is_empty() { Ok(found) } else { Err(format!("no link led to {}", lacking.join(", "))) }
    }
}

/// Where a page leads to within the dashboard.
fn links(page: &str) -> Vec<String> {
    let found = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let own =
        found.filter(|link| link.starts_with('/') && !link.starts_with("/assets/") && !link.contains("language="));
    own.map(|link| link.split('#').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// A page's kind: its path with what is one thing's own replaced; a list that goes on is a kind beside it.
fn kind_of(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
    let mut of_account = false;
    let parts: Vec<&str> = path
        .split('/')
        .enumerate()
        .map(|(place, part)| match part {
            "a" if place == 1 => {
                of_account = true;
                part
            }
            _ if place == 2 && of_account => "{handle}",
            _ if part.len() > 8 && part.chars().any(|c| c.is_ascii_digit()) => "{id}",
            _ if part.len() == 2 && part.chars().all(|c| c.is_ascii_uppercase()) => "{id}",
            _ if place > 3 && part == "all" => "{id}",
            _ if !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()) => "{id}",
            _ => part,
        })
        .collect();
    let mut kind = parts.join("/");
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| part.split_once('=').is_some_and(|(_, value)| !value.is_empty()))
        .map(|part| match part.split_once('=') {
            Some((name @ ("before" | "after" | "campaign"), _)) => name,
            _ => part,
        })
        .collect();
    if !kept.is_empty() {
        kind.push('?');
        kind.push_str(&kept.join("&"));
    }
    kind
}

/// A route's path with its parameters named as in kinds.
fn named_alike(route: &str) -> String {
    let parts = route.split('/').map(|part| match part {
        "{handle}" => part,
        _ if part.starts_with('{') => "{id}",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
