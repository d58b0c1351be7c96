//! Genuine requests of mailbox providers to confirm a forwarding rule, with code and link as text: shown where inbound
//! addresses are, until a member decides them. Nobody but the person who reads it follows the link.

use model::NoticeId;
use notice::Confirmation;

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// A mailbox provider asks to confirm a forwarding rule to one of the addresses.
pub(crate) struct ConfirmationRequest {
    pub notice: NoticeId,
    /// The address that it came to.
    pub address: Option<String>,
    pub asked: Confirmation,
}

/// Those that wait in the account.
pub(crate) async fn requests_of(dashboard: &Dashboard, visit: &InAccount) -> Result<Vec<ConfirmationRequest>, Problem> {
    let waiting = dashboard.store.waiting_confirmations(visit.account.id).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let addresses = dashboard.store.addresses(visit.account.id).await?;
    let requests = waiting.into_iter().filter_map(|request| {
        let address = addresses.iter().find(|address| Some(address.id) == request.address);
        let address = address.map(|address| format!("{}@{}", address.local_part, dashboard.settings.inbound_domain));
        Some(ConfirmationRequest { notice: request.notice, address, asked: notice::confirmation(&request.raw)? })
    });
    Ok(requests.collect())
}
