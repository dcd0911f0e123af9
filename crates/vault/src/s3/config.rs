//! Where a bucket is, and the key to it. The key comes from the environment and is shown nowhere.

use std::fmt;
use std::path::PathBuf;

use crate::VaultError;

/// The region when nothing else is said.
const REGION: &str = "us-east-1";

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The key that signs requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) session: Option<Secret>,
}

/// A bucket, addressed by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Config {
    /// Scheme, host and port: `https://s3.eu-central-1.amazonaws.com`.
    pub(super) endpoint: String,
    pub(super) bucket: String,
    /// Empty, or ends with a slash.
    pub(super) prefix: String,
    pub(super) region: String,
    pub(super) credentials: Credentials,
    /// Where content waits until its digest is known.
    pub(super) spool: PathBuf,
}

impl S3Config {
    /// Reads `s3://BUCKET/PREFIX` or `https://HOST[:PORT]/BUCKET/PREFIX`; the rest comes from
    /// `env`: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` (or
    /// `AWS_DEFAULT_REGION`) and, for `s3://`, `AWS_ENDPOINT_URL_S3` (or `AWS_ENDPOINT_URL`).
    /// Content waits in the folder `spool` until its digest is known, and is removed there.
    ///
    /// # Errors
    /// [`VaultError::Setting`], which names no value of `env`.
    pub fn from_url(
        url: &str,
        env: impl Fn(&str) -> Option<String>,
        spool: PathBuf,
    ) -> Result<Self, VaultError> {
        let wrong = |what: &str| VaultError::Setting(format!("the vault's address {what}"));
        let set =
            |names: &[&str]| names.iter().find_map(|name| env(name).filter(|value| !value.trim().is_empty()));
        let region = set(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| REGION.to_owned());
        let (endpoint, rest) = match url.split_once("://") {
            Some(("s3", rest)) => {
                let endpoint = set(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
                (endpoint.unwrap_or_else(|| endpoint_of(&region)), rest)
            }
            Some((scheme @ ("http" | "https"), rest)) => {
                let (host, rest) = rest.split_once('/').ok_or_else(|| wrong("names no bucket"))?;
                (format!("{scheme}://{host}"), rest)
            }
            _ => return Err(wrong("is neither s3://BUCKET/PREFIX nor https://HOST/BUCKET/PREFIX")),
        };
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |text: &str, more: &[u8]| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        if bucket.is_empty() || !is_plain(bucket, b"-.") {
            return Err(wrong("names no bucket"));
        }
        let prefix = prefix.trim_matches('/');
        if !is_plain(prefix, b"-._~/") || prefix.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(wrong("has a prefix with other characters than letters, digits and -._~/"));
        }
        let wanted = |name: &str| {
            set(&[name]).ok_or_else(|| VaultError::Setting(format!("the environment has no {name}")))
        };
        Ok(Self {
            endpoint: checked(&endpoint)?,
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            region,
            credentials: Credentials {
                id: wanted("AWS_ACCESS_KEY_ID")?,
                secret: Secret::new(wanted("AWS_SECRET_ACCESS_KEY")?),
                session: set(&["AWS_SESSION_TOKEN"]).map(Secret::new),
            },
            spool,
        })
    }
}

/// Amazon's address of a region; those in China have their own.
fn endpoint_of(region: &str) -> String {
    let ending = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://s3.{region}.amazonaws.com{ending}")
}

/// An endpoint as it is signed: without a port that its scheme implies.
fn checked(endpoint: &str) -> Result<String, VaultError> {
    let wrong = |what: &str| Err(VaultError::Setting(what.to_owned()));
    let (scheme, host) = endpoint.split_once("://").unwrap_or_default();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '?' | '#' | '@');
    if host.is_empty() || host.contains(is_odd) {
        return wrong("the store's address is not one such as https://s3.example");
    }
    match scheme {
        "http" => Ok(format!("http://{}", host.strip_suffix(":80").unwrap_or(host))),
        "https" => Ok(format!("https://{}", host.strip_suffix(":443").unwrap_or(host))),
        _ => wrong("the store's address is neither http:// nor https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        let value = match name {
            "AWS_ACCESS_KEY_ID" => "id",
            "AWS_SECRET_ACCESS_KEY" => "very secret",
            "AWS_ENDPOINT_URL" => "http://127.0.0.1:9000/",
            "AWS_REGION" => "cn-north-1",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn addresses_as_people_write_them() {
        let table = [
            ("s3://evidence", "http://127.0.0.1:9000 evidence ''"),
            ("s3://evidence/a/b/", "http://127.0.0.1:9000 evidence 'a/b/'"),
            ("http://store.example:80/evidence/a", "http://store.example evidence 'a/'"),
            ("http://store.example:9000/evidence", "http://store.example:9000 evidence ''"),
            ("https://store.example:443/evidence/a", "https://store.example evidence 'a/'"),
            ("https://store.example:9000/evidence", "https://store.example:9000 evidence ''"),
            ("evidence", "the vault's address is neither s3://BUCKET/PREFIX nor https://HOST/BUCKET/PREFIX"),
            ("s3://", "the vault's address names no bucket"),
            ("http://store.example", "the vault's address names no bucket"),
            ("http:///evidence", "the store's address is not one such as https://s3.example"),
            ("http://me@store.example/evidence", "the store's address is not one such as https://s3.example"),
            (
                "s3://evidence/a b",
                "the vault's address has a prefix with other characters than letters, digits and -._~/",
            ),
            (
                "s3://evidence/../x",
                "the vault's address has a prefix with other characters than letters, digits and -._~/",
            ),
        ];
        for (url, wanted) in table {
            let shown = match S3Config::from_url(url, env, PathBuf::new()) {
                Ok(config) => format!("{} {} '{}'", config.endpoint, config.bucket, config.prefix),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, wanted, "{url}");
        }
        assert_eq!(endpoint_of("cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn");
        assert_eq!(endpoint_of("us-east-1"), "https://s3.us-east-1.amazonaws.com");
    }

    #[test]
    fn the_key_is_wanted_and_never_shown() {
        let config = S3Config::from_url("s3://evidence", env, PathBuf::new()).unwrap();
        assert!(!format!("{config:?}").contains("very secret"));
        let without = |name: &str| (name != "AWS_SECRET_ACCESS_KEY").then(|| env(name)).flatten();
        let error = S3Config::from_url("s3://evidence", without, PathBuf::new()).unwrap_err().to_string();
        assert_eq!(error, "the environment has no AWS_SECRET_ACCESS_KEY");
    }
}
