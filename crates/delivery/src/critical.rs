//! The words of a critical message on its way to the gate: read from where the member wrote them, held against their reason
//! once more, with Amazon's word for important messages before the subject. Nothing else makes a text of that purpose.

use model::Reason;
use model::critical::important_word;
use model::message::ClaimedMessage;
use policy::RenderedText;
use policy::words::{CriticalLetter, CriticalLinter, Finding};
use store::Store;

use crate::DeliveryError;
use crate::prepare::Prepared;

/// Looks a critical message up and makes its mail.
pub(crate) async fn prepare(store: &Store, message: &ClaimedMessage) -> Result<Prepared, DeliveryError> {
    let turned_away = |reason| Ok(Prepared::TurnedAway(reason, None));
    let Some(critical) = store.critical_of_message(message.account, message.id).await? else {
        return turned_away(Reason::TemplateFault);
    };
    // Its words went with the order's personal data (law 8), or its language has no word of Amazon's.
    let language = critical.language.as_deref();
    let (Some((subject, text)), Some(word)) = (critical.content, language.and_then(important_word)) else {
        return turned_away(Reason::TemplateFault);
    };
    let letter =
        CriticalLetter { order: message.order_id, reason: critical.reason, subject: &subject, text: &text, language };
    match CriticalLinter::built_in() {
        Ok(linter) if !linter.check(&letter).iter().any(Finding::holds_back) => {}
        Ok(_) => return turned_away(Reason::TextRefused),
        Err(error) => {
            tracing::error!(%error, "no critical text can be held against the rules");
            return turned_away(Reason::TextRefused);
        }
    }
    let about = if subject.is_empty() { message.order_id.to_string() } else { subject };
    Ok(Prepared::Ready(Some(RenderedText::plain(format!("{word} {about}"), text))))
}
