//! Amounts in Chinese capital figures 中文大写, which cannot be altered by a stroke.
//!
//! Form: 《正确填写票据和结算凭证的基本规定》, annex 1 of 《支付结算办法》 (银发〔1997〕393号).

const FIGURES: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// An amount of money in Chinese capital figures: 1,234,567 fen are 壹万贰仟叁佰肆拾伍元陆角柒分.
///
/// An amount without fen ends with 整. One that is less than nothing begins with 负.
pub fn capital_amount(fen: i64) -> String {
    let mut out = String::new();
    if fen < 0 {
        out.push('负');
    }
    let total = fen.unsigned_abs();
    let (yuan, jiao, fen) = (total / 100, total / 10 % 10, total % 10);
    if yuan > 0 {
        whole(yuan, &mut out);
        out.push('元');
    }
    if jiao > 0 {
        // 107000.53 is 壹拾万柒仟元零伍角叁分
        if yuan > 0 && yuan.is_multiple_of(10) {
            out.push('零');
        }
        push_figure(jiao, &mut out);
        out.push('角');
    }
    if fen > 0 {
        // 325.04 is 叁佰贰拾伍元零肆分
        if yuan > 0 && jiao == 0 {
            out.push('零');
        }
        push_figure(fen, &mut out);
        out.push('分');
    } else {
        if total == 0 {
            out.push_str("零元");
        }
        out.push('整');
    }
    out
}

/// A whole number above zero, by its myriads: 亿, 万 and the rest.
fn whole(number: u64, out: &mut String) {
    for (unit, name) in [(100_000_000, '亿'), (10_000, '万')] {
        if number >= unit {
            whole(number / unit, out);
            out.push(name);
            let rest = number % unit;
            if rest > 0 {
                if rest < unit / 10 {
                    out.push('零');
                }
                whole(rest, out);
            }
            return;
        }
    }
    let (mut rest, mut skipped) = (number, false);
    for (unit, name) in [(1_000, Some('仟')), (100, Some('佰')), (10, Some('拾')), (1, None)] {
        let figure = rest / unit;
        rest %= unit;
        if figure == 0 {
            skipped = true;
            continue;
        }
        if skipped && figure_before(number, unit) {
            out.push('零');
        }
        skipped = false;
        push_figure(figure, out);
        out.extend(name);
    }
}

/// Whether `number`, under ten thousand, has a figure above the place of `unit`.
fn figure_before(number: u64, unit: u64) -> bool {
    number / unit >= 10
}

fn push_figure(figure: u64, out: &mut String) {
    let index = usize::try_from(figure).unwrap_or_default();
    out.extend(FIGURES.get(index));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_rules_for_bills_say() {
        let table = "
            0                    零元整
            5                    伍分
            50                   伍角整
            56                   伍角陆分
            100                  壹元整
            1000                 壹拾元整
            1050                 壹拾元零伍角整
            1234567              壹万贰仟叁佰肆拾伍元陆角柒分
            140950               壹仟肆佰零玖元伍角整
            600714               陆仟零柒元壹角肆分
            168032               壹仟陆佰捌拾元零叁角贰分
            10700053             壹拾万柒仟元零伍角叁分
            1640902              壹万陆仟肆佰零玖元零贰分
            32504                叁佰贰拾伍元零肆分
            10000000             壹拾万元整
            10000001             壹拾万元零壹分
            100010000            壹佰万零壹佰元整
            100100000            壹佰万壹仟元整
            10000000000          壹亿元整
            10000000100          壹亿零壹元整
            10001000000          壹亿零壹万元整
            10100000000          壹亿零壹佰万元整
            11000000000          壹亿壹仟万元整
            10000000000000000    壹佰万亿元整
            -1234500             负壹万贰仟叁佰肆拾伍元整
            9223372036854775807  玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分
            -9223372036854775808 负玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零捌分
        ";
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let fen: i64 = words.next().unwrap().parse().unwrap();
            assert_eq!(capital_amount(fen), words.next().unwrap(), "{fen} fen");
        }
    }
}
