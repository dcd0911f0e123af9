/*
id: recording-retention-law
version: 1
tier: special
serves: recorded-sales
demands: [recording-retention]
requirement: ["1.8"]
clause:
  zh: >-
    《保险销售行为可回溯管理暂行办法》（保监发〔2017〕54 号，2017 年 11 月 1 日起施行；条款序号未能核对）：视听资料的保管期限自保险合同终止之日
    起计算，保险期间一年以下的不少于五年，超过一年的不少于十年；与《保险法》第八十七条对业务资料的规定相同
  en: >-
    Interim Measures for the Traceability of Insurance Sales (CIRC 2017 No. 54, in force since 1 November 2017; number of
    the article unconfirmed): recordings are kept, from the end of the contract, for five years at least where the cover
    is of one year or less, for ten where it is longer; as Insurance Law, art. 87, has it for business records
basis: law
effective: {from: 2017-11-01}
lines: [insurance]
answerable: analyst
title:
  zh: 双录保存期短于合同终止后五年或十年
  en: A recording not kept for five or ten years after the contract's end
text:
  zh: |
    按双录所属保单的合同终止日计算：保险期间一年以下的，保存到终止后满 5 年；超过一年的，满 10 年。双录报送的保存期早于此日的，
    为发现；每张保单每日一条，旁列应保存至何日。恰好满期不标记。保险期间自销售日起算，不超过一年指终止日不晚于次年同日。
    工作方案从录制起算 10 年（recording-retention），短期险以方案为严，长期险以法规为严。
    保单没有写终止日（如终身寿险），或一周内找不到该保单的，无法判定：终身合同的录音录像应一直保存，须人工查看。
    法规另要求有投诉、诉讼的保存至纠纷结束后两年，报送数据中没有，本条不判。
    黄色：改正保存期即可。
    处置：要求按法规延长保存期并重新报送；终身合同要求机构说明保存办法。
  en: |
    Counted from the end of the policy's contract: cover of one year or less is kept until five years after it, longer
    cover until ten. A recording whose last day of keeping lies before that day is a finding, one for each policy and
    day, with the day wanted beside. Exactly the term is silent. Cover counts from the day of sale; one year or less
    means that it ends not later than the same date of the next year.
    The plan counts ten years from the recording (recording-retention): for short cover the plan is stricter, for long
    cover the law.
    Where the policy has no end (such as whole life), or the policy is not found within a week, the verdict is
    undetermined: recordings of a contract for life are kept all along, which a person has to look at.
    The law also wants them kept until two years after a complaint or lawsuit ended; that is not in the data.
    Yellow: put right by changing the date.
    What to do: have the date moved as the law wants and filed anew; for contracts for life have the institution say how
    it keeps them.
level: micro
scope: institution
unit: count
streams: [dual_recording, policy]
lookback_days: 7
days: closed
per: [policy]
bands:
  yellow: "value >= 1"
*/
WITH recording AS (
  SELECT institution, day, policy, min(retained_until) AS retained_until, array_agg(position) AS rows
  FROM dual_recording
  GROUP BY institution, day, policy
),
contract AS (
  SELECT
    r.institution,
    r.day,
    r.policy,
    r.retained_until,
    r.rows,
    p.day AS sold_on,
    p.ends_on,
    row_number() OVER (
      PARTITION BY r.institution, r.day, r.policy ORDER BY p.day DESC NULLS LAST, p.position DESC
    ) AS place
  FROM recording r
  LEFT JOIN policy p
    ON p.institution = r.institution
    AND p.policy = r.policy
    AND p.day BETWEEN r.day - INTERVAL '7' DAY AND r.day
),
wanted AS (
  SELECT
    *,
    CASE WHEN ends_on <= sold_on + INTERVAL '1' YEAR
      THEN ends_on + INTERVAL '5' YEAR
      ELSE ends_on + INTERVAL '10' YEAR
    END AS wanted_until
  FROM contract
  WHERE place = 1
)
SELECT
  institution,
  day,
  policy,
  CASE WHEN retained_until < wanted_until THEN 1 WHEN retained_until >= wanted_until THEN 0 END AS value,
  retained_until,
  wanted_until,
  ends_on,
  rows
FROM wanted
