// What the plugins of the tests are; how they differ is told to the compiler.
#pragma once

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#define DISTRHO_PLUGIN_BRAND "Cuewright"
#define DISTRHO_PLUGIN_NAME TEXT(TEST_NAME)
#define DISTRHO_PLUGIN_URI "urn:cuewright:test:" TEXT(TEST_NAME)
#define DISTRHO_PLUGIN_CLAP_ID "cuewright.test." TEXT(TEST_NAME)
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_IS_SYNTH TEST_SYNTH
#define DISTRHO_PLUGIN_WANT_MIDI_INPUT TEST_SYNTH
#define DISTRHO_PLUGIN_NUM_INPUTS TEST_INPUTS
#define DISTRHO_PLUGIN_NUM_OUTPUTS TEST_CHANNELS
#define DISTRHO_PLUGIN_WANT_LATENCY TEST_LATE
