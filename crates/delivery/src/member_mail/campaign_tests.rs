//! Campaigns that are tried out: the last orders are asked as if the campaign covered them all, and of those that would get
//! its message now a few letters go to the account's members instead. No message is made and no slot is taken; whom a
//! letter goes to is the store's to say, so that no buyer can get one.

use campaign::{Campaign, Outcome, REACH_DAYS, StoreNames};
use model::campaign::StoredCampaign;
use model::{Channel, MemberMailText, Order, Span, Timestamp};
use store::{DueTest, RECENT_AT_ONCE, Store, StoreError, TestLetter};

use crate::DeliveryError;
use crate::split;

/// Orders that one look asks at most, the newest.
const ASKED: usize = 2_000;
/// How soon a campaign with room left is looked at again: new orders come in meanwhile.
const LOOK_AGAIN: Span = Span::hours(1);

/// Looks at one campaign in test that is due; none where no campaign is, else how many mails were queued.
pub(super) async fn look(store: &Store, now: Timestamp) -> Result<Option<u32>, DeliveryError> {
    let Some(due) = store.due_campaign_test(now).await? else { return Ok(None) };
    let (mut queued, mut room) = (0, due.room);
    // One that this release can't read says so on its page; here it has nothing to show.
    if let Ok(campaign) = Campaign::parse(&due.campaign.text)
        && room > 0
    {
        (queued, room) = letters(store, &due, &campaign, now).await?;
    }
    let next = if room == 0 { tomorrow(now) } else { now.plus(LOOK_AGAIN) };
    store.look_at_test_again((due.campaign.id, due.campaign.version), next).await?;
    Ok(Some(queued))
}

/// Sends letters while there is room and orders are left; what was queued, and the room that is left.
async fn letters(store: &Store, due: &DueTest, campaign: &Campaign, now: Timestamp) -> Result<(u32, u32), StoreError> {
    let (mut queued, mut room) = (0, due.room);
    let account = store.account_by_id(due.account).await?;
    let since = now.minus(Span::days(REACH_DAYS));
    let all = Campaign { orders_after: None, ..campaign.clone() };
    let (mut asked, mut before) = (0, None);
    loop {
        let page = store.recent_orders(due.account, since, before).await?;
        asked += page.len();
        for order in &page {
            let place = split::place(store, due.account, (&all, due.campaign.id), order.order_id)?;
            let Some(due_at) = would_leave(&all, order, place, now) else { continue };
            let letter = written(&due.campaign, &all, order, (&account.name, place), due_at);
            let of = (due.campaign.id, due.campaign.version);
            match store.send_test_letter(due.account, of, order.order_id, letter, now).await? {
                TestLetter::Queued(mails) => {
                    queued += mails;
                    room -= 1;
                }
                TestLetter::Again | TestLetter::NotThisOrder => {}
                TestLetter::NoMore | TestLetter::NoMember => return Ok((queued, room)),
            }
            if room == 0 {
                return Ok((queued, room));
            }
        }
        before = page.last().and_then(|order| Some((order.purchased_at?, order.order_id)));
        if page.len() < RECENT_AT_ONCE || before.is_none() || asked >= ASKED {
            return Ok((queued, room));
        }
    }
}

/// Since when the order's message would have been on its way, were the campaign on; none where it would not leave now.
fn would_leave(campaign: &Campaign, order: &Order, place: u16, now: Timestamp) -> Option<Timestamp> {
    let mut plan = campaign::outcome(campaign, Timestamp::MIN, order, now);
    split::hold_out(&mut plan, campaign, place);
    match plan.outcome {
        Outcome::Message { due, closes } if due <= now && now < closes => Some(due),
        _ => None,
    }
}

/// The mail to the members: which campaign and order, then the letter as the buyer would get it, or why he would not.
fn written(
    stored: &StoredCampaign,
    campaign: &Campaign,
    order: &Order,
    filled_with: (&str, u16),
    due: Timestamp,
) -> MemberMailText {
    let (store_name, place) = filled_with;
    let rule = "-".repeat(60);
    let mut text = format!(
        "This is a test of the campaign “{}”, version {}. No buyer got it.\n\nFor order {}, Amazon {}, it would have left from {} \
         (UTC) on.\n",
        stored.name,
        stored.version,
        order.order_id,
        order.store,
        due.to_jiff().strftime("%Y-%m-%d %H:%M"),
    );
    match body(stored, campaign, order, store_name, place) {
        Ok(letter) => text.extend(["\n", &rule, "\n", &letter, "\n", &rule, "\n"]),
        Err(why) => text.extend(["\n", &why, "\n"]),
    }
    text.push_str(
        "\nAt most three such letters come a day. Switch the campaign on or off when you have seen enough: on its page in \
         the dashboard, or with abide campaign on or off.\n",
    );
    MemberMailText { subject: format!("[Test] {}: order {}", stored.name, order.order_id), text }
}

/// The letter, or a sentence that says why there is none to show.
fn body(
    stored: &StoredCampaign,
    campaign: &Campaign,
    order: &Order,
    store_name: &str,
    place: u16,
) -> Result<String, String> {
    if campaign.channel_for(order) != Channel::Email {
        return Err("Amazon's own review request would go out for it; Amazon writes those words.".to_owned());
    }
    let letter = campaign::render_at(campaign, order, &StoreNames { store_name }, place)
        .map_err(|fault| format!("It would not have left: {fault}."))?;
    let broken = letter.errors(order.order_id, &stored.attachments).map_err(|problem| problem.to_string())?;
    if !broken.is_empty() {
        let rules: Vec<String> =
            broken.iter().map(|error| format!("- {}: {}", error.rule.id, error.rule.sentence)).collect();
        return Err(format!("It would not have left, since filled in it breaks rules:\n{}", rules.join("\n")));
    }
    let mut shown = format!("Subject: {}\n\n{}", letter.subject, letter.text.trim_end());
    for name in &letter.attachments {
        shown.push_str("\n[attached: ");
        shown.push_str(name.as_str());
        shown.push(']');
    }
    Ok(shown)
}

/// When the next day (UTC) begins, on which there is room again.
fn tomorrow(now: Timestamp) -> Timestamp {
    let day = Span::days(1).as_micros();
    Timestamp::from_micros(now.utc_day().saturating_add(1).saturating_mul(day))
}
