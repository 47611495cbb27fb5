import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { html } from '../../../src/digest/render/markup.ts';

describe('markup', () => {
  test('escapes text, in elements as in attributes', () => {
    const evil = `<b title='x'>"&amp;"</b>`;

    assert.equal(
      html`<p title="${evil}">${1}</p>`.source,
      '<p title="&lt;b title=&#39;x&#39;&gt;&quot;&amp;amp;&quot;&lt;/b&gt;">1</p>',
    );
  });

  test('takes in markup as it is, one or many', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);

    assert.equal(html`<ul>${items}</ul>${html`<br>`}`.source, '<ul><li>a</li><li>&lt;b&gt;</li></ul><br>');
  });

  test('holds no markup that came from text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '$', 'a', '`') }), (text) => {
        assert.match(html`${text}`.source, /^(?:[^<>"'&]|&(?:lt|gt|quot|#39|amp);)*$/);
      }),
    );
  });
});
