//! Amazon's 23 marketplaces and what is fixed about each: id, retail domain, Seller Central, zone, currency,
//! languages. The store of an order or a notice comes from these ids and names, never from an order id.

use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::word::words;

words! {
    /// One of Amazon's marketplaces, by the country code that sellers use.
    Marketplace ("marketplace") {
        /** United Arab Emirates. */ Ae = "AE",
        /** Australia. */ Au = "AU",
        /** Belgium. */ Be = "BE",
        /** Brazil. */ Br = "BR",
        /** Canada. */ Ca = "CA",
        /** Germany. */ De = "DE",
        /** Egypt. */ Eg = "EG",
        /** Spain. */ Es = "ES",
        /** France. */ Fr = "FR",
        /** United Kingdom. */ Gb = "GB",
        /** Ireland. */ Ie = "IE",
        /** India. */ In = "IN",
        /** Italy. */ It = "IT",
        /** Japan. */ Jp = "JP",
        /** Mexico. */ Mx = "MX",
        /** Netherlands. */ Nl = "NL",
        /** Poland. */ Pl = "PL",
        /** Saudi Arabia. */ Sa = "SA",
        /** Sweden. */ Se = "SE",
        /** Singapore. */ Sg = "SG",
        /** Turkey. */ Tr = "TR",
        /** United States. */ Us = "US",
        /** South Africa. */ Za = "ZA",
    }
}

/// A text that names no marketplace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an Amazon store; use a country code such as US, GB (or UK), DE, JP")]
pub struct UnknownMarketplace(pub String);

/// What is fixed about a marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The country in English.
    pub country: &'static str,
    /// Amazon's `marketplaceId`.
    pub id: &'static str,
    /// The domain buyers shop at, without `www`.
    pub retail_domain: &'static str,
    /// The address of Seller Central.
    pub seller_central: &'static str,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// The IANA time zone that Amazon's guide gives for the marketplace.
    pub time_zone: &'static str,
    /// Languages of its buyers (ISO 639-1), the first by default. Inferred, not from Amazon.
    pub languages: &'static [&'static str],
}

impl Marketplace {
    /// The day at the store at that instant, as so many days since 1970-01-01.
    pub fn day_of(self, at: Timestamp) -> i64 {
        let zone = TimeZone::get(self.facts().time_zone).unwrap_or(TimeZone::UTC);
        let day = at.to_jiff().to_zoned(zone).date().to_zoned(TimeZone::UTC);
        day.map_or_else(|_| at.utc_day(), |day| Timestamp::from_jiff(day.timestamp()).utc_day())
    }

    /// What is fixed about it (Amazon's marketplace table of 2022, later stores from published client code).
    pub const fn facts(self) -> Facts {
        match self {
            Self::Ae => Facts {
                country: "United Arab Emirates",
                id: "A2VIGQ35RCS4UG",
                retail_domain: "amazon.ae",
                seller_central: "https://sellercentral.amazon.ae",
                currency: "AED",
                time_zone: "Asia/Dubai",
                languages: &["ar", "en"],
            },
            Self::Au => Facts {
                country: "Australia",
                id: "A39IBJ37TRP1C6",
                retail_domain: "amazon.com.au",
                seller_central: "https://sellercentral.amazon.com.au",
                currency: "AUD",
                time_zone: "Australia/Sydney",
                languages: &["en"],
            },
            Self::Be => Facts {
                country: "Belgium",
                id: "AMEN7PMS3EDWL",
                retail_domain: "amazon.com.be",
                seller_central: "https://sellercentral.amazon.com.be",
                currency: "EUR",
                time_zone: "Europe/Brussels",
                languages: &["fr", "nl"],
            },
            Self::Br => Facts {
                country: "Brazil",
                id: "A2Q3Y263D00KWC",
                retail_domain: "amazon.com.br",
                seller_central: "https://sellercentral.amazon.com.br",
                currency: "BRL",
                time_zone: "America/Sao_Paulo",
                languages: &["pt"],
            },
            Self::Ca => Facts {
                country: "Canada",
                id: "A2EUQ1WTGCTBG2",
                retail_domain: "amazon.ca",
                seller_central: "https://sellercentral.amazon.ca",
                currency: "CAD",
                time_zone: "America/Los_Angeles",
                languages: &["en", "fr"],
            },
            Self::De => Facts {
                country: "Germany",
                id: "A1PA6795UKMFR9",
                retail_domain: "amazon.de",
                seller_central: "https://sellercentral-europe.amazon.com",
                currency: "EUR",
                time_zone: "Europe/Paris",
                languages: &["de"],
            },
            Self::Eg => Facts {
                country: "Egypt",
                id: "ARBP9OOSHTCHU",
                retail_domain: "amazon.eg",
                seller_central: "https://sellercentral.amazon.eg",
                currency: "EGP",
                time_zone: "Africa/Cairo",
                languages: &["ar"],
            },
            Self::Es => Facts {
                country: "Spain",
                id: "A1RKKUPIHCS9HS",
                retail_domain: "amazon.es",
                seller_central: "https://sellercentral-europe.amazon.com",
                currency: "EUR",
                time_zone: "Europe/Paris",
                languages: &["es"],
            },
            Self::Fr => Facts {
                country: "France",
                id: "A13V1IB3VIYZZH",
                retail_domain: "amazon.fr",
                seller_central: "https://sellercentral-europe.amazon.com",
                currency: "EUR",
                time_zone: "Europe/Paris",
                languages: &["fr"],
            },
            Self::Gb => Facts {
                country: "United Kingdom",
                id: "A1F83G8C2ARO7P",
                retail_domain: "amazon.co.uk",
                seller_central: "https://sellercentral-europe.amazon.com",
                currency: "GBP",
                time_zone: "Europe/London",
                languages: &["en"],
            },
            Self::Ie => Facts {
                country: "Ireland",
                id: "A28R8C7NBKEWEA",
                retail_domain: "amazon.ie",
                seller_central: "https://sellercentral.amazon.ie",
                currency: "EUR",
                time_zone: "Europe/Dublin",
                languages: &["en"],
            },
            Self::In => Facts {
                country: "India",
                id: "A21TJRUUN4KGV",
                retail_domain: "amazon.in",
                seller_central: "https://sellercentral.amazon.in",
                currency: "INR",
                time_zone: "Asia/Kolkata",
                languages: &["en", "hi"],
            },
            Self::It => Facts {
                country: "Italy",
                id: "APJ6JRA9NG5V4",
                retail_domain: "amazon.it",
                seller_central: "https://sellercentral-europe.amazon.com",
                currency: "EUR",
                time_zone: "Europe/Paris",
                languages: &["it"],
            },
            Self::Jp => Facts {
                country: "Japan",
                id: "A1VC38T7YXB528",
                retail_domain: "amazon.co.jp",
                seller_central: "https://sellercentral.amazon.co.jp",
                currency: "JPY",
                time_zone: "Asia/Tokyo",
                languages: &["ja"],
            },
            Self::Mx => Facts {
                country: "Mexico",
                id: "A1AM78C64UM0Y8",
                retail_domain: "amazon.com.mx",
                seller_central: "https://sellercentral.amazon.com.mx",
                currency: "MXN",
                time_zone: "America/Los_Angeles",
                languages: &["es"],
            },
            Self::Nl => Facts {
                country: "Netherlands",
                id: "A1805IZSGTT6HS",
                retail_domain: "amazon.nl",
                seller_central: "https://sellercentral.amazon.nl",
                currency: "EUR",
                time_zone: "Europe/Amsterdam",
                languages: &["nl"],
            },
            Self::Pl => Facts {
                country: "Poland",
                id: "A1C3SOZRARQ6R3",
                retail_domain: "amazon.pl",
                seller_central: "https://sellercentral.amazon.pl",
                currency: "PLN",
                time_zone: "Europe/Warsaw",
                languages: &["pl"],
            },
            Self::Sa => Facts {
                country: "Saudi Arabia",
                id: "A17E79C6D8DWNP",
                retail_domain: "amazon.sa",
                seller_central: "https://sellercentral.amazon.sa",
                currency: "SAR",
                time_zone: "Asia/Riyadh",
                languages: &["ar", "en"],
            },
            Self::Se => Facts {
                country: "Sweden",
                id: "A2NODRKZP88ZB9",
                retail_domain: "amazon.se",
                seller_central: "https://sellercentral.amazon.se",
                currency: "SEK",
                time_zone: "Europe/Stockholm",
                languages: &["sv"],
            },
            Self::Sg => Facts {
                country: "Singapore",
                id: "A19VAU5U5O7RUS",
                retail_domain: "amazon.sg",
                seller_central: "https://sellercentral.amazon.sg",
                currency: "SGD",
                time_zone: "Asia/Singapore",
                languages: &["en"],
            },
            Self::Tr => Facts {
                country: "Turkey",
                id: "A33AVAJ2PDY3EV",
                retail_domain: "amazon.com.tr",
                seller_central: "https://sellercentral.amazon.com.tr",
                currency: "TRY",
                time_zone: "Europe/Istanbul",
                languages: &["tr"],
            },
            Self::Us => Facts {
                country: "United States",
                id: "ATVPDKIKX0DER",
                retail_domain: "amazon.com",
                seller_central: "https://sellercentral.amazon.com",
                currency: "USD",
                time_zone: "America/Los_Angeles",
                languages: &["en", "es"],
            },
            Self::Za => Facts {
                country: "South Africa",
                id: "AE08WJ6YKNBMC",
                retail_domain: "amazon.co.za",
                seller_central: "https://sellercentral.amazon.co.za",
                currency: "ZAR",
                time_zone: "Africa/Johannesburg",
                languages: &["en"],
            },
        }
    }

    /// From a country code in any case; `UK` is taken as `GB`.
    pub fn from_code(text: &str) -> Result<Self, UnknownMarketplace> {
        let code = text.trim().to_ascii_uppercase();
        let code = if code == "UK" { "GB" } else { code.as_str() };
        code.parse().map_err(|_| UnknownMarketplace(text.to_owned()))
    }

    /// From Amazon's `marketplaceId`, as in the header `X-Marketplace-ID`.
    pub fn from_id(id: &str) -> Option<Self> {
        let id = id.trim();
        Self::ALL.iter().copied().find(|marketplace| marketplace.facts().id == id)
    }

    /// From a retail domain such as `amazon.de`, exactly, in any case.
    pub fn from_retail_domain(domain: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|marketplace| marketplace.facts().retail_domain.eq_ignore_ascii_case(domain))
    }

    /// From a report's `sales-channel`, such as `Amazon.co.uk`.
    pub fn from_sales_channel(channel: &str) -> Option<Self> {
        let channel = channel.trim().to_ascii_lowercase();
        Self::from_retail_domain(channel.strip_prefix("www.").unwrap_or(&channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_stores_own() {
        let at: Timestamp = "2026-08-20T01:30:00Z".parse().unwrap();
        assert_eq!(Marketplace::De.day_of(at), at.utc_day());
        assert_eq!(Marketplace::Us.day_of(at), at.utc_day() - 1, "in California it is still the evening before");
        assert_eq!(Marketplace::Jp.day_of("2026-08-20T15:00:00Z".parse().unwrap()), at.utc_day() + 1);
    }

    #[test]
    fn the_guide_of_the_ways_in_names_every_stores_seller_central() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/routes.md");
        let guide = std::fs::read_to_string(path).unwrap();
        let rows = guide.lines().filter(|line| line.contains("| sellercentral")).count();
        assert_eq!(rows, Marketplace::ALL.len());
        for store in Marketplace::ALL {
            let facts = store.facts();
            let host = facts.seller_central.trim_start_matches("https://");
            let row = format!("| {store} | {} | {host} |", facts.country);
            assert!(guide.contains(&row), "{row}");
        }
    }

    #[test]
    fn every_marketplace_is_found_by_its_id_domain_and_code() {
        for marketplace in Marketplace::ALL.iter().copied() {
            let facts = marketplace.facts();
            assert_eq!(Marketplace::from_id(facts.id), Some(marketplace));
            assert_eq!(Marketplace::from_retail_domain(facts.retail_domain), Some(marketplace));
            assert_eq!(Marketplace::from_code(&marketplace.as_str().to_lowercase()), Ok(marketplace));
            assert!(jiff::tz::TimeZone::get(facts.time_zone).is_ok(), "{}", facts.time_zone);
        }
    }

    #[test]
    fn uk_is_gb_and_a_foreign_domain_is_nothing() {
        assert_eq!(Marketplace::from_code("uk"), Ok(Marketplace::Gb));
        assert_eq!(Marketplace::from_sales_channel("Amazon.co.uk"), Some(Marketplace::Gb));
        assert_eq!(Marketplace::from_sales_channel("Non-Amazon"), None);
        assert_eq!(Marketplace::from_retail_domain("marketplace.amazon.com.evil.ru"), None);
    }
}
