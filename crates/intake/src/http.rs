//! The way in by HTTP: a router that the program mounts beside the dashboard, outside its sessions and its check of
//! forms. 2xx is said only when the mail and its effects are durable (law 1); what may come again is never refused for
//! good, and what is wrong with a key is never told.

mod answer;
mod body;
mod credentials;
mod form;
mod format;
mod kept;
mod mailgun;
mod postmark;
mod raw;
mod settings;
mod signature;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, post};
use model::inbound::Door;
use model::{AddressId, Timestamp};
use store::{HttpDoor, Post, Store, StoreError};

use crate::data::Allowance;
use crate::reading::{Arrival, ReadingRoom};
use crate::recording::Recorder;

use answer::Answer;
pub use body::BodyFault;
pub use form::{Form, FormReader};
pub use format::FormKind;
pub use settings::HttpSettings;
pub use signature::{PostSignature, SIGNED_FOR};

/// What all requests share.
struct Way {
    store: Arc<Store>,
    room: Arc<ReadingRoom>,
    settings: HttpSettings,
    allowance: Arc<Allowance>,
}

/// The routes: `POST /intake/raw` and `POST /intake/mailgun/{door}/mime`.
pub fn router(store: Arc<Store>, room: Arc<ReadingRoom>, settings: HttpSettings) -> Router {
    let allowance = Allowance::new(settings.mail_memory);
    let way = Arc::new(Way { store, room, settings, allowance });
    // Mailgun posts raw MIME only where the path ends with `mime`.
    Router::new()
        .route("/intake/raw", post(raw::accept).fallback(answer::wrong_method))
        .route("/intake/mailgun/{door}/mime", post(mailgun::accept).fallback(answer::wrong_method))
        .route("/intake/{*other}", any(answer::nothing_here))
        .with_state(way)
}

/// A mail as it came by HTTP.
struct Posted {
    /// Its bytes, with the memory that they have.
    mail: kept::Kept,
    /// By which door, which says whether it is vouched for.
    door: Door,
    /// The inbound address, where one was named.
    address: Option<AddressId>,
    /// What Mailgun signed, good for one mail.
    post: Option<PostSignature>,
}

impl Way {
    /// Reads and records a mail; the answer says that it is durable, or what to do.
    async fn take(&self, door: &HttpDoor, posted: Posted) -> Answer {
        let received_at = Timestamp::from_clock();
        let Posted { mail, door: came_by, address, post } = posted;
        match self.is_flooded(door, came_by, address, received_at).await {
            Ok(false) => {}
            Ok(true) => return Answer::Flooded,
            Err(error) => return in_doubt(&error),
        }
        let (raw, share) = mail.into_parts();
        let bytes = raw.len();
        let understood = match self.room.understand(raw).await {
            Ok(understood) => understood,
            Err(error) => return in_doubt(&error),
        };
        if let Some(post) = post {
            // By its own commit, before the mail's: a crash between leaves a post that may bring this mail again.
            let until = post.forget_after();
            match self.store.remember_mailgun_post(door.id, &post.signed(), understood.digest, until).await {
                Ok(Post::New | Post::SameMail) => {}
                Ok(Post::OtherMail) => {
                    tracing::warn!(door = %door.id, "a post of Mailgun's came again with another mail; it is refused");
                    return Answer::Replayed;
                }
                Err(error) => return in_doubt(&error),
            }
        }
        let source = Some(model::Source::HttpDoor(door.id));
        let arrival = Arrival { account: door.account, address, source, door: came_by, received_at };
        let answer = match self.store.record(understood.into_mail(arrival)).await {
            Ok(recorded) => {
                tracing::info!(door = %door.id, bytes, mail = %recorded.id, "mail recorded");
                if let Err(error) = self.store.touch_http_door(door, received_at).await {
                    tracing::warn!(error = crate::error::in_full(&error), "the last mail of a way in was not noted");
                }
                Answer::Recorded(recorded)
            }
            Err(error) => in_doubt(&error),
        };
        drop(share);
        answer
    }

    async fn is_flooded(
        &self,
        door: &HttpDoor,
        came_by: Door,
        address: Option<AddressId>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        match address {
            Some(address) => self.store.is_flooded(door.account, address, now).await,
            None => self.store.is_door_flooded(door.account, came_by, now).await,
        }
    }
}

/// Whatever it is: the same again may succeed, and refusing for good would lose a notice (law 5).
fn in_doubt(error: &dyn std::error::Error) -> Answer {
    tracing::error!(
        error = crate::error::in_full(error),
        "a mail by HTTP could not be recorded; its sender is asked to send it again"
    );
    Answer::TryAgain
}
