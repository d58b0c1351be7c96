//! A grade: how far a mail is shown to come from Amazon, and the reasons for it. Each reason has a stable code and
//! a sentence for people; none names a person.

use crate::Provenance;
use crate::word::words;

words! {
    /// Why a mail has the grade it has.
    GradeReason ("reason of a grade") {
        /// DKIM passes for a retail domain.
        AmazonSigned = "amazon_signed",
        /// An allow-listed sealer says that it did (ARC, RFC 8617).
        TrustedSeal = "trusted_seal",
        /// A member's confirmed forwarder signed it.
        ConfirmedForwarder = "confirmed_forwarder",
        /// The mailbox provider that asks to confirm a forwarding rule signed it: genuine as that, and not Amazon's.
        ProviderSigned = "provider_signed",
        /// It came by a door that signs in.
        DoorSignsIn = "door_signs_in",
        /// The mailbox provider whose folder is read says so.
        ProviderSays = "provider_says",
        /// Nothing of a domain that counts is on it.
        NotSigned = "not_signed",
        /// A sending service signed, which anyone can use.
        ServiceSigned = "service_signed",
        /// Only other domains signed.
        OthersSigned = "others_signed",
        /// The text is not what was signed.
        BodyAltered = "body_altered",
        /// The headers are not what was signed.
        SignatureWrong = "signature_wrong",
        /// The signature covers a part of the text only (`l=`).
        PartSigned = "part_signed",
        /// Not one `From` with one address.
        FromNotOne = "from_not_one",
        /// Not one `Subject`.
        SubjectNotOne = "subject_not_one",
        /// The signature leaves out `From`.
        FromNotSigned = "from_not_signed",
        /// The signature leaves out `Subject`.
        SubjectNotSigned = "subject_not_signed",
        /// The sender's domain is not the one that signed.
        SenderDiffers = "sender_differs",
        /// What the mail is follows from something that is not signed.
        KindNotSigned = "kind_not_signed",
        /// The signature had run out (`x=`).
        Expired = "expired",
        /// The signature can't be read.
        SignatureUnreadable = "signature_unreadable",
        /// An algorithm that does not count any more, or an unknown one.
        WeakAlgorithm = "weak_algorithm",
        /// The domain has no such key.
        KeyMissing = "key_missing",
        /// The domain took the key back.
        KeyRevoked = "key_revoked",
        /// The key's record can't be read, or is not for this.
        KeyUnusable = "key_unusable",
        /// Below 1,024 bits.
        KeyTooSmall = "key_too_small",
        /// Above 4,096 bits, or a record longer than keys are.
        KeyTooLarge = "key_too_large",
        /// The domain says that it is only testing (`t=y`).
        KeyInTesting = "key_in_testing",
        /// The chain of seals does not hold.
        ChainBroken = "chain_broken",
        /// The last sealer is not allow-listed.
        SealerUnknown = "sealer_unknown",
        /// The seal does not say that a retail domain's signature passed.
        SealSaysNothing = "seal_says_nothing",
        /// More signatures than are looked at.
        TooManySignatures = "too_many_signatures",
        /// A bare CR or LF stands in it.
        MixedLineEnds = "mixed_line_ends",
        /// Its headers can't be told apart from its text, or are longer than any.
        HeadersUnreadable = "headers_unreadable",
        /// The name servers did not answer; they are asked again.
        DnsUnavailable = "dns_unavailable",
        /// The name servers did not answer, as often as they were asked.
        DnsGivenUp = "dns_given_up",
        /// Its bytes are not kept any more.
        NotKept = "not_kept",
    }
}

impl GradeReason {
    /// One plain sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AmazonSigned => "Amazon's own signature covers it.",
            Self::TrustedSeal => {
                "A provider on the list of trusted sealers received it with Amazon's signature intact."
            }
            Self::ConfirmedForwarder => "A forwarder that a member confirmed has signed it.",
            Self::ProviderSigned => "The mailbox provider that it names has signed it.",
            Self::DoorSignsIn => "Someone who may do so handed it in.",
            Self::ProviderSays => "The mailbox provider checked Amazon's signature when it arrived there.",
            Self::NotSigned => "It bears no signature of an Amazon domain.",
            Self::ServiceSigned => {
                "Only a sending service that anyone can use has signed it, not an Amazon shop domain."
            }
            Self::OthersSigned => "Only other domains have signed it.",
            Self::BodyAltered => "Its text was changed after it was signed.",
            Self::SignatureWrong => "Its signature does not match.",
            Self::PartSigned => "Its signature covers a part of the text only.",
            Self::FromNotOne => "It does not have exactly one sender.",
            Self::SubjectNotOne => "It does not have exactly one subject.",
            Self::FromNotSigned => "Its signature leaves out the sender.",
            Self::SubjectNotSigned => "Its signature leaves out the subject.",
            Self::SenderDiffers => "Its sender is not of the domain that signed it.",
            Self::KindNotSigned => "What it is rests on something that the signature does not cover.",
            Self::Expired => "Its signature had run out when it came.",
            Self::SignatureUnreadable => "Its signature can't be read.",
            Self::WeakAlgorithm => "Its signature uses an algorithm that is not safe any more.",
            Self::KeyMissing => "The domain that signed it has no such key.",
            Self::KeyRevoked => "The domain that signed it has taken that key back.",
            Self::KeyUnusable => "The key of the domain that signed it can't be used.",
            Self::KeyTooSmall => "The key that signed it is too short to be safe.",
            Self::KeyTooLarge => "The key that signed it is longer than is looked at.",
            Self::KeyInTesting => "The domain that signed it says that its signatures are only a test.",
            Self::ChainBroken => "The chain of seals on it does not hold.",
            Self::SealerUnknown => "Whoever sealed it last is not on the list of trusted sealers.",
            Self::SealSaysNothing => "The seal on it does not say that Amazon's signature was intact.",
            Self::TooManySignatures => "It bears more signatures than are looked at.",
            Self::MixedLineEnds => "Its lines end in different ways, as in mails that hide something.",
            Self::HeadersUnreadable => "Its headers can't be read.",
            Self::DnsUnavailable => "The name servers did not answer; they are asked again later.",
            Self::DnsGivenUp => "The name servers did not answer, as often as they were asked.",
            Self::NotKept => "Its text was not kept long enough to be checked.",
        }
    }
}

/// How far a mail is shown to come from Amazon, by whose word, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The grade.
    pub provenance: Provenance,
    /// The domain that signed or sealed, where one did and it counts.
    pub by: Option<String>,
    /// Why, each at most once, what decided first.
    pub reasons: Vec<GradeReason>,
}

impl Grade {
    /// A grade for one reason.
    pub fn of(provenance: Provenance, reason: GradeReason) -> Self {
        Self { provenance, by: None, reasons: vec![reason] }
    }

    /// Unproven, for one reason.
    pub fn unproven(reason: GradeReason) -> Self {
        Self::of(Provenance::Unproven, reason)
    }
}

/// A mail whose proofs are still to be looked at, claimed for a while by one grader.
#[derive(Clone)]
pub struct MailToGrade {
    /// The mail.
    pub mail: crate::MailId,
    /// Its account.
    pub account: crate::AccountId,
    /// When it was received: proofs are judged by that time.
    pub received_at: crate::Timestamp,
    /// How often it was tried, this time among them.
    pub tries: u32,
    /// The raw bytes, RFC 5322; none where they were purged meanwhile.
    pub raw: Option<Vec<u8>>,
    /// Whether they are kept and can't be opened: damaged, or sealed by a key that this node doesn't have.
    pub unopened: bool,
    /// Addresses, in lower case, of forwarders that the account's members have confirmed.
    pub forwarders: Vec<String>,
    /// What was understood of it.
    pub readings: Vec<ReadingToGrade>,
    /// Held while it is graded.
    pub lease: crate::message::Lease,
}

impl std::fmt::Debug for MailToGrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailToGrade").field("mail", &self.mail).field("tries", &self.tries).finish_non_exhaustive()
    }
}

/// A reading whose grade is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingToGrade {
    /// Which mail within the mail.
    pub part: u32,
    /// What it is.
    pub kind: crate::NoticeKind,
    /// The orders it names.
    pub order_ids: Vec<crate::OrderId>,
}

/// What the grades of a mail changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graded {
    /// Opt-outs that were held and act now.
    pub activated: u64,
    /// Messages withdrawn by that.
    pub withdrawn: Vec<crate::MessageId>,
    /// Messages whose attempt had committed before (law 2).
    pub already_leaving: Vec<crate::MessageId>,
}
