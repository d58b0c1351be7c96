//! Grading mails after they are safe: a worker on any node claims what waits, asks the name servers for the keys
//! that count, and records the grades with their effects. What can't be answered now is asked again, ever later, for
//! about a day; then the mail stays unproven and says so.

use std::sync::Arc;
use std::time::Duration;

use model::grade::{MailToGrade, ReadingToGrade};
use model::{Clock, Grade, GradeReason, MatchedBy, NoticeKind, Provenance, Span, Timestamp};
use provenance::{Answers, Circumstances, Finding, Trust};
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::dns::Dns;

/// Mails claimed at a time.
const AT_ONCE: u32 = 16;

/// How long the worker rests when nothing waits, and after a failure.
const REST: Duration = Duration::from_secs(1);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How long to wait after each try that the name servers did not answer: 21 hours in all.
const WAITS: [Span; 7] = [
    Span::minutes(1),
    Span::minutes(5),
    Span::minutes(20),
    Span::hours(1),
    Span::hours(3),
    Span::hours(6),
    Span::hours(10),
];

/// Tries after which a mail that breaks its grader is left alone: each death costs one.
const TRIES: u32 = 10;

/// A grader: the store, whom to trust, and whom to ask.
pub struct Grader<D> {
    store: Arc<Store>,
    trust: Arc<Trust>,
    dns: D,
}

impl<D> std::fmt::Debug for Grader<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grader").finish_non_exhaustive()
    }
}

/// Why a mail was not graded now. It stays in the queue.
#[derive(Debug, thiserror::Error)]
pub enum GradingError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Looking at a mail broke off.
    #[error("looking at a mail's signatures broke off; it is tried again some times and then left unproven")]
    BrokeOff,
}

/// What one pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Mails that have their grades now.
    pub graded: u64,
    /// Mails to be asked about again.
    pub later: u64,
}

impl<D: Dns> Grader<D> {
    /// Over a store.
    pub fn new(store: Arc<Store>, trust: Trust, dns: D) -> Self {
        Self { store, trust: Arc::new(trust), dns }
    }

    /// Works until `stop` turns true; what was claimed by then is finished.
    pub async fn work_until(&self, mut stop: watch::Receiver<bool>, real_now: fn() -> Timestamp) {
        loop {
            let rest = match self.pass(real_now).await {
                Ok(passed) if passed.graded > 0 => Duration::ZERO,
                Ok(_) => REST,
                Err(error) => {
                    tracing::error!(error = crate::error::in_full(&error), "grading broke off; it is tried again");
                    REST_AFTER_FAILURE
                }
            };
            let stopped = async { stop.wait_for(|stop| *stop).await.map(|_| ()) };
            if tokio::time::timeout(rest, stopped).await.is_ok() {
                return;
            }
        }
    }

    /// Grades what waits now, at most [`AT_ONCE`] mails side by side.
    pub async fn pass(&self, real_now: fn() -> Timestamp) -> Result<Passed, GradingError> {
        if !self.store.has_grading_due().await? {
            return Ok(Passed::default());
        }
        let claimed = self.store.claim_grading(AT_ONCE).await?;
        let done = futures_util::future::join_all(claimed.into_iter().map(|mail| self.grade(mail, real_now))).await;
        let mut passed = Passed::default();
        for one in done {
            if one? {
                passed.graded += 1;
            } else {
                passed.later += 1;
            }
        }
        Ok(passed)
    }

    /// Whether the mail has its grades now.
    async fn grade(&self, mail: MailToGrade, real_now: fn() -> Timestamp) -> Result<bool, GradingError> {
        let mail = Arc::new(mail);
        if mail.tries > TRIES {
            let unread = |reading: &ReadingToGrade| (reading.part, Grade::unproven(GradeReason::HeadersUnreadable));
            self.store
                .record_grades(&mail, mail.readings.iter().map(unread).collect(), Clock::real(real_now()))
                .await?;
            return Ok(true);
        }
        let wait = usize::try_from(mail.tries).ok().and_then(|tries| WAITS.get(tries.saturating_sub(1)));
        if let (true, Some(wait)) = (mail.unopened, wait) {
            tracing::error!(mail = %mail.mail, tries = mail.tries, "a mail to be graded can't be opened; it is tried again later");
            self.store.grade_later(&mail, *wait).await?;
            return Ok(false);
        }
        let answers = self.ask(&mail).await?;
        let (trust, read) = (Arc::clone(&self.trust), Arc::clone(&mail));
        let judged = aside(move || judge(&read, &trust, &answers)).await?;
        if let (true, Some(wait)) = (judged.ask_again, wait) {
            tracing::warn!(mail = %mail.mail, tries = mail.tries, "the name servers did not answer; the mail is graded later");
            self.store.grade_later(&mail, *wait).await?;
            return Ok(false);
        }
        let mut grades = judged.grades;
        if judged.ask_again {
            for (_, grade) in &mut grades {
                for reason in &mut grade.reasons {
                    if *reason == GradeReason::DnsUnavailable {
                        *reason = GradeReason::DnsGivenUp;
                    }
                }
            }
        }
        let best = grades.iter().map(|(_, grade)| grade.provenance).min().unwrap_or(Provenance::Unproven);
        if let Some(graded) = self.store.record_grades(&mail, grades, Clock::real(real_now())).await? {
            let (activated, withdrawn) = (graded.activated, graded.withdrawn.len());
            tracing::info!(mail = %mail.mail, provenance = %best, activated, withdrawn, "mail graded");
        }
        Ok(true)
    }

    async fn ask(&self, mail: &Arc<MailToGrade>) -> Result<Answers, GradingError> {
        let (trust, read) = (Arc::clone(&self.trust), Arc::clone(mail));
        let names = aside(move || questions(&read, &trust)).await?;
        let asked = names.into_iter().map(|name| async move {
            let answer = self.dns.txt(&name).await;
            (name, answer)
        });
        Ok(futures_util::future::join_all(asked).await.into_iter().collect())
    }
}

/// Runs what takes a processor's time on a thread of its own.
async fn aside<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, GradingError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| GradingError::BrokeOff)
}

/// Names asked for one mail and all that is attached to it.
const QUESTIONS: usize = 20;

fn circumstances<'a>(mail: &'a MailToGrade, asking: Option<&'a str>) -> Circumstances<'a> {
    Circumstances { forwarders: &mail.forwarders, asking_provider: asking, ..Circumstances::default() }
}

/// The provider whose request to confirm a forwarding rule the mail is taken for.
fn asking_provider(mail: &MailToGrade) -> Option<String> {
    let is_request = |reading: &ReadingToGrade| reading.part == 0 && reading.kind == NoticeKind::ForwardingConfirmation;
    let raw = mail.raw.as_ref().filter(|_| mail.readings.iter().any(is_request))?;
    notice::confirmation(raw).map(|asked| asked.sender)
}

/// The mails whose readings want a grade, the outermost among them always.
fn within(mail: &MailToGrade) -> Vec<(u32, Vec<u8>)> {
    let Some(raw) = &mail.raw else { return Vec::new() };
    let attached: Vec<u32> = mail.readings.iter().map(|reading| reading.part).filter(|part| *part > 0).collect();
    let mut mails = vec![(0, raw.clone())];
    if !attached.is_empty() {
        mails.extend(notice::mails_within(raw, &attached));
    }
    mails
}

fn questions(mail: &MailToGrade, trust: &Trust) -> Vec<String> {
    let (mails, asking) = (within(mail), asking_provider(mail));
    let known = circumstances(mail, asking.as_deref());
    let mut names: Vec<String> = mails.iter().flat_map(|(_, raw)| provenance::questions(raw, trust, known)).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(QUESTIONS);
    names
}

struct Judged {
    grades: Vec<(u32, Grade)>,
    ask_again: bool,
}

fn judge(mail: &MailToGrade, trust: &Trust, answers: &Answers) -> Judged {
    let (mails, asking) = (within(mail), asking_provider(mail));
    let mut judged = Judged { grades: Vec::new(), ask_again: false };
    let raw_of = |part: u32| mails.iter().find(|(known, _)| *known == part).map(|(_, raw)| raw.as_slice());
    let find = |part: u32| {
        let raw = raw_of(part)?;
        // Whoever asks to forward vouches for his request alone, not for what somebody put into it.
        let asking = asking.as_deref().filter(|_| part == 0);
        Some((raw, provenance::grade(raw, trust, circumstances(mail, asking), answers, mail.received_at)))
    };
    let outer = find(0).map(|(_, found)| found);
    for reading in &mail.readings {
        let own = find(reading.part);
        let holds = |outer: &&Finding| reading.part > 0 && outer.holds_for_attached;
        let held_by_outer = outer.as_ref().filter(holds);
        let grade = match own {
            Some((raw, found)) if found.grade.provenance != Provenance::Unproven => believed(raw, found, reading),
            own => {
                let alone = || {
                    judged.ask_again |= own.as_ref().is_some_and(|(_, found)| found.ask_again);
                    own.map_or(Grade::unproven(GradeReason::NotKept), |(_, found)| found.grade)
                };
                held_by_outer.map_or_else(alone, |outer| believed_of_attached(raw_of(0), outer, reading))
            }
        };
        judged.grades.push((reading.part, grade));
    }
    judged.ask_again |= judged.grades.iter().any(|(_, grade)| grade.provenance == Provenance::Unproven)
        && outer.is_some_and(|outer| outer.ask_again);
    judged
}

/// The grade of a reading: what it says, and how that is known, must follow from what is signed alone (law 10).
fn believed(raw: &[u8], found: Finding, reading: &ReadingToGrade) -> Grade {
    if follows_from_signed(raw, &found, (0, reading)) { found.grade } else { not_signed(found.grade) }
}

/// The grade that a forwarder's signature gives to a mail attached to his: he must have signed it as attached, not as a
/// text of his that somebody else's `Content-Type` makes a mail.
fn believed_of_attached(raw: Option<&[u8]>, outer: &Finding, reading: &ReadingToGrade) -> Grade {
    let follows = raw.is_some_and(|raw| follows_from_signed(raw, outer, (reading.part, reading)));
    if follows { outer.grade.clone() } else { not_signed(outer.grade.clone()) }
}

fn not_signed(grade: Grade) -> Grade {
    Grade { by: grade.by, ..Grade::unproven(GradeReason::KindNotSigned) }
}

/// Whether the mail with nothing but what is signed says the same at that part. Where no signature is what counts, all
/// of it does.
fn follows_from_signed(raw: &[u8], found: &Finding, (part, reading): (u32, &ReadingToGrade)) -> bool {
    let Some(covered) = &found.covered else { return true };
    let at = |raw: &[u8]| notice::read(raw).readings.into_iter().find(|reading| reading.part == part);
    let (Some(whole), Some(signed)) = (at(raw), at(covered)) else { return false };
    if found.grade.reasons.contains(&GradeReason::ProviderSigned) {
        // What a member is shown of a request, too: its code, its link, who asks.
        let is_request = reading.kind == NoticeKind::ForwardingConfirmation && signed.kind == reading.kind;
        return is_request && notice::confirmation(raw) == notice::confirmation(covered);
    }
    // Known by structure alone, it is held however well it is signed; a header that anybody may add mends nothing.
    let as_surely = signed.matched_by != MatchedBy::Structure || whole.matched_by == MatchedBy::Structure;
    (signed.kind, &signed.order_ids) == (reading.kind, &reading.order_ids) && signed.alias == whole.alias && as_surely
}
