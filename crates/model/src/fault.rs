//! Why something was refused: one table of codes, each with its HTTP status and its help.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! fault_codes {
    ($($variant:ident $code:literal $status:literal $zh:literal $en:literal;)*) => {
        /// Why a filing, a line of it, or a request was refused.
        ///
        /// The codes are part of the interface standard and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FaultCode { $(#[doc = $en] #[serde(rename = $code)] $variant),* }
        impl FaultCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The code on the wire.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code),* } }
            /// The HTTP status when a whole request is refused for it.
            pub const fn http_status(self) -> u16 { match self { $(Self::$variant => $status),* } }
            /// What to do about it, in English.
            pub const fn help(self) -> &'static str { match self { $(Self::$variant => $en),* } }
            /// What to do about it, in Chinese.
            pub const fn help_zh(self) -> &'static str { match self { $(Self::$variant => $zh),* } }
        }
    };
}

fault_codes! {
    // A line.
    MalformedJson "malformed_json" 400 "该行不是完整的 JSON 对象，请检查引号、括号与逗号。" "The line is not one complete JSON object; check quotes, brackets and commas.";
    NotUtf8 "not_utf8" 400 "请以 UTF-8 编码报送。" "Send the filing in UTF-8.";
    LineTooLong "line_too_long" 413 "单行不得超过 1 MiB。" "A line may have at most 1 MiB.";
    UnknownField "unknown_field" 400 "标准中没有该字段，请核对字段名。" "The standard has no such field; check its name against the schema.";
    DuplicateField "duplicate_field" 400 "同一字段出现两次，只保留一个。" "The field stands twice; keep one.";
    MissingField "missing_field" 400 "缺少必填字段。" "A required field is missing.";
    WrongType "wrong_type" 400 "值的类型不符，见字段说明。" "The value is of the wrong JSON type; see the field's description.";
    MalformedValue "malformed_value" 400 "值的写法不符，见字段说明。" "The value is not written as the standard says; see the field's description.";
    UnknownCode "unknown_code" 400 "不在代码表内。" "The value is not in the field's code list.";
    TooPrecise "too_precise" 400 "小数位过多：金额最多两位，比率最多六位。" "Too many decimals: amounts have at most two, rates six.";
    OutOfRange "out_of_range" 400 "数值超出标准允许的范围。" "The number is outside the range that the standard allows.";
    Negative "negative" 400 "此字段不得为负。" "This field cannot be negative.";
    NotPositive "not_positive" 400 "此字段必须大于零。" "This field must be above zero.";
    InFuture "in_future" 400 "时间晚于接收时间，请检查系统时钟与时区。" "The time lies after the moment of receipt; check your clock and the time zone.";
    AbsurdDate "absurd_date" 400 "日期早于 1990 年或晚于 2200 年。" "The date lies before 1990 or after 2200.";
    TooManyItems "too_many_items" 400 "列表最多 1,000 项。" "A list may have at most 1,000 items.";
    PseudonymWanted "pseudonym_wanted" 400 "不得报送证件号或账号原文，请用 jianwei file 生成假名。" "Raw numbers of persons or accounts are never sent; let `jianwei file` make the pseudonym.";
    Inconsistent "inconsistent" 400 "字段之间互相矛盾。" "Two fields contradict each other.";
    // A record among those accepted before.
    ContentDiffers "content_differs" 409 "该编号已有不同内容的记录；更正请提交下一修订号。" "A record with this id and other content was accepted before; file a correction as the next revision.";
    RevisionNotNext "revision_not_next" 409 "修订号必须比已接收的大一。" "A revision's number must be one more than the latest accepted.";
    // A whole filing.
    UnknownStream "unknown_stream" 404 "没有这个报送流。" "There is no such stream.";
    UnsupportedVersion "unsupported_version" 400 "不支持该接口标准版本。" "This version of the interface standard is not supported.";
    MissingHeader "missing_header" 400 "缺少必需的请求头。" "A required header is missing.";
    MalformedHeader "malformed_header" 400 "请求头写法不符。" "A header is not written as the standard says.";
    UnsupportedEncoding "unsupported_encoding" 415 "只支持 identity、gzip、zstd。" "Content-Encoding may be identity, gzip or zstd.";
    BrokenCompression "broken_compression" 400 "压缩数据损坏或被截断。" "The compressed body is damaged or cut off.";
    DecompressedTooLarge "decompressed_too_large" 413 "解压比超过上限，疑似压缩炸弹。" "The body unpacks to far more than such data can; the filing was not taken.";
    BodyTooLarge "body_too_large" 413 "请求体超过上限，请分批报送。" "The body is larger than this server takes in one filing; send it in parts.";
    BodyIncomplete "body_incomplete" 400 "请求体未传完。" "The body ended before it was complete; send the filing again.";
    AtomicRefused "atomic_refused" 422 "整批模式下有一行被拒，全部未接收。" "In atomic mode one refused line refuses all; nothing was taken.";
    AtomicTooLarge "atomic_too_large" 413 "整批模式的报送过大，请改用逐行模式或分批。" "The filing is too large for atomic mode; send it in parts or line by line.";
    CountDiffers "count_differs" 409 "行数与申报的总行数不符。" "The number of lines is not the number announced.";
    // Who asks.
    KeyMissing "key_missing" 401 "缺少 API 密钥。" "Send your API key as `Authorization: Bearer …`.";
    KeyUnknown "key_unknown" 401 "API 密钥无效。" "The API key is not known.";
    KeyRevoked "key_revoked" 401 "API 密钥已吊销，请联系监管部门。" "The API key was revoked; ask the supervisor for a new one.";
    NotAllowed "not_allowed" 403 "该密钥无权执行此操作。" "The key does not allow this.";
    WrongInstitution "wrong_institution" 403 "密钥属于另一家机构。" "The key belongs to another institution.";
    NotFound "not_found" 404 "没有找到。" "Not found.";
    // The desk.
    NotNow "not_now" 409 "当前状态不允许此步骤。" "What it is in does not allow this step.";
    StepMissing "step_missing" 409 "须先完成或说明的事项尚缺。" "Something has to be done or said first; the detail says what.";
    FourEyes "four_eyes" 409 "此项须由另一人办理。" "Another person has to do this.";
    BeyondCalendar "beyond_calendar" 422 "期限超出工作日历已知的范围。" "The deadline goes beyond what the calendar of working days knows.";
    // Us.
    Busy "busy" 503 "系统繁忙，请稍后重试。" "The server is busy; try again shortly.";
    StorageFailed "storage_failed" 503 "存储故障，未确认的数据请稍后重报。" "The ledger cannot be written; nothing that was not acknowledged was taken. Send it again later.";
    Internal "internal" 500 "系统内部错误。" "Something failed on our side; it was logged.";
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One reason for refusing a line: where, which code, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the value; empty for the whole line.
    pub pointer: String,
    /// The code.
    pub code: FaultCode,
    /// A sentence that says what was found and what is wanted. Never quotes a personal value.
    pub detail: String,
}

impl Fault {
    /// A fault of a whole line or request.
    pub fn whole(code: FaultCode, detail: impl Into<String>) -> Self {
        Self { pointer: String::new(), code, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let mut codes: Vec<_> = FaultCode::ALL.iter().map(|c| c.code()).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(FaultCode::ALL.iter().all(|c| (400..600).contains(&c.http_status())));
    }
}
