/*
id: recording-retention
version: 1
tier: special
serves: recorded-sales
demands: [recording-retention]
requirement: ["1.8"]
clause:
  zh: 工作方案第一部分“操作指引”：双录的存储要求（至少保存 10 年）
  en: "Work plan, part 1, operating guidance: recordings are kept for 10 years at least"
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: analyst
title:
  zh: 双录保存期不足十年
  en: A recording kept for less than ten years
text:
  zh: |
    双录报送的保存期早于录制日起满 10 年之日的，为发现；每张保单每日一条，旁列应保存至何日。恰好 10 年不标记；
    2 月 29 日录制的，满 10 年为 2 月 28 日。
    长期险的纠纷多在满期、退保时才发生，那时录音录像是唯一的证据。
    工作方案从录制起算；法规从合同终止起算，见 recording-retention-law，两者并列，按较晚的保存。
    黄色：改正保存期即可；已经删除的另行处理。
    处置：要求延长保存期并重新报送；检查存储系统的到期删除设置，防止成批误删。
  en: |
    A finding is a recording whose last day of keeping lies before the day ten years after it was made; one for each
    policy and day, with the day until which it has to be kept beside. Exactly ten years are silent; for one made on
    29 February they end on 28 February.
    Disputes over long policies arise when they end or are surrendered, and the recording is then the only evidence.
    The plan counts from the recording, the law from the end of the contract: see recording-retention-law, which stands
    beside; the later of the two holds.
    Yellow: put right by changing the date; what was deleted already is another matter.
    What to do: have the date moved and filed anew; look at what the storage deletes by itself, before it does so in
    bulk.
level: micro
scope: institution
unit: count
streams: [dual_recording]
lookback_days: 0
per: [policy]
bands:
  yellow: "value >= 1"
*/
SELECT
  institution,
  day,
  policy,
  count(*) FILTER (WHERE retained_until < day + INTERVAL '10' YEAR) AS value,
  min(retained_until) AS retained_until,
  day + INTERVAL '10' YEAR AS wanted_until,
  array_agg(position) AS rows
FROM dual_recording
GROUP BY institution, day, policy
