//! Signatures of Aliyun's OpenAPI, by which its text messages are sent: ACS3-HMAC-SHA256
//! (V3版本请求体&签名机制,
//! <https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature>).

use hmac::{Hmac, KeyInit, Mac};
use model::time::{MICROS_PER_DAY, Time};
use sha2::{Digest, Sha256};
use ureq::http::Uri;

/// A request that is to be signed.
pub(super) struct Unsigned<'a> {
    pub(super) uri: &'a str,
    pub(super) post: bool,
    pub(super) headers: &'a [(&'a str, String)],
    pub(super) body: &'a str,
}

/// A text that no other request has: message and time of sending, hashed.
pub(super) fn nonce(key: &str, now: Time) -> String {
    let mut nonce = hex::encode(Sha256::new().chain_update(now.0.to_be_bytes()).chain_update(key).finalize());
    nonce.truncate(32);
    nonce
}

impl Unsigned<'_> {
    /// The headers that sign it.
    pub(super) fn signed(
        &self,
        access_key_id: &str,
        access_key_secret: &str,
        now: Time,
        nonce: String,
    ) -> Option<Vec<(&'static str, String)>> {
        let uri: Uri = self.uri.parse().ok()?;
        let digest = hex::encode(Sha256::digest(self.body.as_bytes()));
        let mut added = vec![
            ("x-acs-content-sha256", digest.clone()),
            ("x-acs-date", utc(now)),
            ("x-acs-signature-nonce", nonce),
        ];
        let mut signed: Vec<(String, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .filter(|(name, _)| name == "content-type" || name.starts_with("x-acs-"))
            .chain(added.iter().map(|(name, value)| ((*name).to_owned(), value.as_str())))
            .collect();
        signed.push(("host".to_owned(), uri.authority()?.as_str()));
        signed.sort();
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let mut query: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
        query.sort_unstable();
        let method = if self.post { "POST" } else { "GET" };
        let canonical = [method, uri.path(), &query.join("&"), &lines, &names, &digest].join("\n");
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex::encode(Sha256::digest(canonical.as_bytes())));
        let mac = Hmac::<Sha256>::new_from_slice(access_key_secret.as_bytes()).ok()?;
        let signature = hex::encode(mac.chain_update(to_sign).finalize().into_bytes());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={access_key_id},SignedHeaders={names},Signature={signature}"
        );
        added.push(("authorization", authorization));
        Some(added)
    }
}

/// A time as the signature has it: UTC, to the second.
fn utc(now: Time) -> String {
    const SHANGHAI_MICROS: i64 = 8 * 3600 * 1_000_000;
    // A day of Shanghai eight hours earlier is a day of Greenwich.
    let seconds = now.0.rem_euclid(MICROS_PER_DAY) / 1_000_000;
    let day = Time(now.0 - SHANGHAI_MICROS).day();
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_documentation() {
        let headers =
            [("x-acs-action", "RunInstances".to_owned()), ("x-acs-version", "2014-05-26".to_owned())];
        let unsigned = Unsigned {
            uri: "https://ecs.cn-shanghai.aliyuncs.com/?RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            post: true,
            headers: &headers,
            body: "",
        };
        // The two examples that the documentation had at different times.
        for (date, nonce, signature) in [
            (
                "2023-10-26T10:22:32Z",
                "3156853299f313e23d1673dc12e1703d",
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "2023-10-26T09:01:01Z",
                "d410180a5abf7fe235dd9b74aca91fc0",
                "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
            ),
        ] {
            let now = Time::parse(date).unwrap();
            let signed =
                unsigned.signed("YourAccessKeyId", "YourAccessKeySecret", now, nonce.to_owned()).unwrap();
            let authorization = &signed.last().unwrap().1;
            assert_eq!(
                authorization,
                &format!(
                    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                     x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={signature}"
                )
            );
        }
    }

    #[test]
    fn times_are_those_of_greenwich() {
        for time in
            ["2023-10-26T00:00:00Z", "2023-10-26T07:59:59Z", "2023-10-26T16:00:00Z", "2023-12-31T23:59:59Z"]
        {
            assert_eq!(utc(Time::parse(time).unwrap()), time);
        }
    }
}
